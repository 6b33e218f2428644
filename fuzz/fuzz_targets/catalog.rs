//! Any bytes as a catalog file, and as a page of YAML: reading ends, and what is read can be kept.

#![no_main]

use callboard::catalog::file::{self, FileContext};
use callboard::catalog::rules::{Rules, Trust};
use callboard::catalog::yaml::{self, YamlLimits};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let rules = Rules::standard(Vec::new());
    let context = FileContext {
        location: "url:https://github.com/acme/pay/tree/main/catalog-info.yaml",
        origin: "url:https://github.com/acme/pay/tree/main/catalog-info.yaml",
        view_url: None,
        edit_url: None,
        source_location: None,
        rules: &rules,
        trust: Trust::Configured,
        limits: YamlLimits::default(),
    };
    let parsed = file::read(data, &context);
    let answers = parsed
        .placeholders
        .iter()
        .map(|_| Ok("a: b".to_owned()))
        .collect();
    for entity in parsed.resolve(answers).file.entities {
        let text = serde_json::to_string(&entity).expect("an entity is JSON");
        let again = serde_json::from_str::<callboard::catalog::EntityRecord>(&text);
        assert!(again.is_ok(), "{text}");
    }
    if let Ok(text) = std::str::from_utf8(data) {
        for document in yaml::parse(text, &YamlLimits::default()) {
            if let Ok(value) = document.content {
                let _ = yaml::emit(&value);
            }
        }
    }
});
