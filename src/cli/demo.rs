//! `callboard demo`: the interface on the sample organisation that ships in the binary.
//!
//! Everything it writes lies in one temporary folder, which it names and removes: the organisation's files, the cache
//! made of them, the state. It reads no configuration of the user's but the look, uses no network and no token.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use include_dir::{Dir, DirEntry, include_dir};
use tempfile::TempDir;

use super::interface;
use super::{CliError, Context, Exit, GlobalArgs};
use crate::catalog::yaml::YamlLimits;
use crate::catalog::{FileContext, FileRecord, Rules, Trust, file};
use crate::config::Settings;
use crate::store::{Cache, Checked, OpenMode, SourceCheck, UnitRecord};

/// The organisation.
static ORGANISATION: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/demo");

/// Who is at the keyboard.
const PERSON: &str = "user:default/haneul-seo";

/// Nothing to choose.
#[derive(clap::Args, Debug)]
pub struct Args {}

/// Runs the interface on the sample organisation.
///
/// # Errors
/// Where there is no terminal, or the temporary folder cannot be made.
pub fn run(_args: Args, context: &Context) -> Result<Exit, CliError> {
    if !interface::is_terminal() || context.dumb() {
        return Err(CliError::usage(
            "the demo shows the interface on a sample organisation, and the interface needs a terminal",
        )
        .hint("run `callboard demo` in a terminal; it needs no network and no token"));
    }
    let folder = tempfile::Builder::new()
        .prefix("callboard-demo-")
        .tempdir()
        .map_err(|error| CliError::failed(format!("no temporary folder: {error}")))?;
    let exit = inside(folder.path(), context);
    let removed = remove(folder);
    let exit = exit?;
    removed?;
    Ok(exit)
}

fn inside(folder: &Path, context: &Context) -> Result<Exit, CliError> {
    let demo = prepare(folder, context)?;
    let mut launch = interface::launch(None, &demo)?;
    let own = interface::launch(None, context).ok();
    if let Some(own) = own {
        // The person's own keys and colours, where they can be read.
        launch.keymap = own.keymap;
        launch.theme = own.theme;
        launch.themes = own.themes;
        launch.mouse = own.mouse;
        launch.unicode = own.unicode;
    }
    launch.color = context.may_color();
    launch.offline = true;
    launch.sync = None;
    launch.user = Arc::new(|| Some(PERSON.to_owned()));
    launch.notices = Vec::new();
    launch.welcome = Some("A sample organisation; :log says where its files are".to_owned());
    launch.log = vec![
        format!(
            "The sample organisation lies in {} until you quit.",
            folder.display()
        ),
        format!(
            "Its plain twin, in another terminal: {} list",
            arguments(folder)
        ),
    ];
    interface::open(launch, context)
}

/// Writes the organisation into a folder, makes a cache of it, and gives the context of commands that use both.
///
/// # Errors
/// Where the folder cannot be written.
pub fn prepare(folder: &Path, context: &Context) -> Result<Context, CliError> {
    extract(&ORGANISATION, &folder.join("pado"))
        .map_err(|error| CliError::failed(format!("{}: {error}", folder.display())))?;
    let global = GlobalArgs {
        config: vec![folder.join("pado/app-config.yaml")],
        cache_dir: Some(folder.join("cache")),
        state_dir: Some(folder.join("state")),
        offline: true,
        ..context.global().clone()
    };
    let home: OsString = folder.into();
    // Of the environment only what says what the terminal can do.
    let terminal = [
        "TERM",
        "COLORTERM",
        "LANG",
        "LC_ALL",
        "LC_CTYPE",
        "NO_COLOR",
    ]
    .map(|name| (name, context.env(name)));
    let demo = Context::with_env(global, move |name| match name {
        "HOME" | "XDG_CONFIG_HOME" => Some(home.clone()),
        _ => terminal
            .iter()
            .find(|(known, _)| *known == name)
            .and_then(|(_, value)| value.clone()),
    });
    fill(folder)?;
    Ok(demo)
}

/// The kinds of the organisation's rules.
const KINDS: [&str; 10] = [
    "Component",
    "API",
    "Resource",
    "System",
    "Domain",
    "Location",
    "Group",
    "User",
    "Template",
    "Vessel",
];

/// Makes the cache of the organisation's files.
fn fill(folder: &Path) -> Result<(), CliError> {
    let rules = Rules::allow(&KINDS);
    let files = catalog_files(&ORGANISATION)
        .into_iter()
        .map(|path| read(&folder.join("pado").join(path), &rules))
        .collect();
    let dir = folder.join("cache");
    let mut cache = Cache::open(&dir, OpenMode::ReadWrite)?.cache;
    cache.replace_unit(&UnitRecord {
        source: "demo".to_owned(),
        unit: "pado".to_owned(),
        state: serde_json::Value::Null,
        files,
    })?;
    crate::sync::docs::read_disk(&mut cache, &Settings::default(), jiff::Timestamp::now())
        .map_err(|error| CliError::failed(error.message))?;
    cache.publish()?;
    let mut checked = Checked::default();
    let check = SourceCheck {
        at: Some(jiff::Timestamp::now().as_second()),
        ..SourceCheck::default()
    };
    checked.sources.insert("demo".to_owned(), check);
    Ok(checked.write(&dir)?)
}

/// The catalog files of the tree: by their names, and what the organisation's own location names.
fn catalog_files(tree: &'static Dir<'static>) -> Vec<&'static Path> {
    let mut found = Vec::new();
    for entry in tree.entries() {
        match entry {
            DirEntry::Dir(below) if below.path().ends_with("skeleton") => {}
            DirEntry::Dir(below) => found.extend(catalog_files(below)),
            DirEntry::File(file) => {
                let path = file.path();
                let is_catalog = path.ends_with("catalog-info.yaml")
                    || path.ends_with("template.yaml")
                    || ((path.starts_with("organisation") || path.starts_with("vessels"))
                        && path
                            .extension()
                            .is_some_and(|extension| extension == "yaml"));
                if is_catalog {
                    found.push(path);
                }
            }
        }
    }
    found
}

/// Reads one catalog file and what its placeholders name, all of it the organisation's own.
fn read(path: &Path, rules: &Rules) -> FileRecord {
    let location = format!("file:{}", path.display());
    let context = FileContext {
        location: &location,
        origin: &location,
        view_url: None,
        edit_url: None,
        source_location: None,
        rules,
        trust: Trust::Configured,
        limits: YamlLimits::default(),
    };
    let text = |path: &Path| fs::read_to_string(path).map_err(|error| error.to_string());
    let bytes = text(path).unwrap_or_default();
    let parsed = file::read(bytes.as_bytes(), &context);
    let folder = path.parent().unwrap_or(path);
    let answers = parsed
        .placeholders
        .iter()
        .map(|request| text(&folder.join(&request.target)))
        .collect();
    parsed.resolve(answers).file
}

/// How to call callboard on the folder from outside.
fn arguments(folder: &Path) -> String {
    let folder = folder.display();
    format!(
        "callboard --offline --config {folder}/pado/app-config.yaml --cache-dir {folder}/cache --state-dir {folder}/state"
    )
}

fn extract(from: &Dir<'_>, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in from.entries() {
        // A name of the tree that was compiled in; it has one part.
        let name = entry.path().file_name().unwrap_or_default();
        match entry {
            DirEntry::Dir(below) => extract(below, &to.join(name))?,
            DirEntry::File(file) => fs::write(to.join(name), file.contents())?,
        }
    }
    Ok(())
}

/// Removes the folder, or says where it is.
fn remove(folder: TempDir) -> Result<(), CliError> {
    let path = folder.path().display().to_string();
    folder.close().map_err(|error| {
        CliError::failed(format!("{path} could not be removed: {error}"))
            .hint("remove it yourself; nothing else was written")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::detail::Detail;
    use crate::runtime::load_entity;
    use crate::search::{Query, SearchContext, Searcher};

    const INVALID: &str = "component:default/crew-roster";

    #[test]
    fn its_documentation_and_runbooks_are_there_without_a_network() {
        let folder = tempfile::tempdir().unwrap();
        extract(&ORGANISATION, &folder.path().join("pado")).unwrap();
        fill(folder.path()).unwrap();
        let cache = Cache::open(&folder.path().join("cache"), OpenMode::ReadOnly)
            .unwrap()
            .cache;
        let found = cache.doc_entities().unwrap();
        assert!(found.len() >= 5 && found.iter().all(|entity| entity.problem.is_none()));
        for (name, page) in [
            ("payment-service", "runbooks/payments-failing.md"),
            ("boarding-gate", "runbook.md"),
        ] {
            let docs = cache
                .docs(&format!("component:default/{name}"))
                .unwrap()
                .unwrap();
            let runbooks = crate::techdocs::RunbookRules::default().pages(&docs.site);
            assert_eq!(runbooks[0].path, page);
            assert!(cache.doc_page(&docs.source, page).unwrap().is_some());
        }
        let hits = cache.search_docs("명부 네트워크", 9).unwrap();
        assert_eq!(hits[0].entity_ref, "component:default/boarding-gate");
        assert_eq!(cache.doc_problems().unwrap(), []);
    }

    #[test]
    fn the_document_that_lacks_a_field_is_found_and_opens_with_its_problem() {
        let folder = tempfile::tempdir().unwrap();
        extract(&ORGANISATION, &folder.path().join("pado")).unwrap();
        fill(folder.path()).unwrap();
        let cache = Cache::open(&folder.path().join("cache"), OpenMode::ReadOnly)
            .unwrap()
            .cache;
        let snapshot = Arc::new(cache.snapshot().unwrap());
        let searcher = Searcher::new(Arc::clone(&snapshot));
        for query in ["is:invalid", "crew-roster"] {
            let found = searcher
                .run(
                    &Query::parse(query),
                    &SearchContext {
                        me: &[],
                        starred: &std::collections::BTreeSet::new(),
                        recent: &[],
                    },
                    &|| false,
                )
                .unwrap();
            assert_eq!(snapshot.entity_ref(found.ids[0]), INVALID, "{query}");
        }
        assert_eq!(snapshot.len(), snapshot.served().count() + 1);
        let row = snapshot.row(snapshot.find(INVALID).unwrap());
        assert_eq!((row.kind, row.problems), ("Component", 1));
        let mut load = |wanted: &str| load_entity(&cache, &snapshot, wanted).unwrap();
        let detail = Detail::build(INVALID, &mut load).unwrap();
        let [problem] = detail.problems.as_slice() else {
            panic!("{:?}", detail.problems)
        };
        assert!(problem.place.ends_with("crew/catalog-info.yaml:8:1"));
        assert!(problem.message.contains("lifecycle"));
        assert!(detail.yaml.iter().any(|line| line.contains("crew-roster")));
    }
}
