//! What a template may put into a log.

use serde_json::{Value, json};

use super::world::{TaskWorld, log};

const ID: &str = "0b1c2d3e-0000-4000-8000-000000000001";
const HOSTILE: &str = "a\u{1b}[2J\u{1b}]52;c;eA==\u{7}b\u{202e}c\u{9b}31md\r\n\u{8}e";

#[test]
fn escape_sequences_of_a_log_reach_a_terminal_as_nothing_and_json_as_escapes() {
    let world = TaskWorld::new();
    let mut step = log("one", HOSTILE);
    step["name"] = json!(HOSTILE);
    let output = json!({
        "links": [{"title": HOSTILE, "url": format!("https://x/{HOSTILE}")}],
        "text": [{"title": HOSTILE, "content": HOSTILE}],
    });
    world.store_with(ID, json!([step]), &[], json!({}), output);
    let followed = world.run(&["task", "retry", ID]);
    assert_eq!(followed.code, 0, "{followed:?}");
    let mut printed = vec![followed.out, followed.err];
    for args in [["task", "log"], ["task", "show"]] {
        let ran = world.run(&[args[0], args[1], ID]);
        printed.push(ran.out);
        printed.push(ran.err);
    }
    for text in printed {
        let bad = text.chars().find(|c| {
            (c.is_control() && *c != '\n') || matches!(c, '\u{202e}' | '\u{80}'..='\u{9f}')
        });
        assert_eq!(bad, None, "{text:?}");
    }
    let ran = world.run(&["task", "log", ID, "-o", "json"]);
    assert!(!ran.out.contains('\u{1b}') && !ran.out.contains('\u{202e}'));
    let kept = ran
        .out
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .any(|event| event["body"]["message"] == format!("info: {HOSTILE}").as_str());
    assert!(kept, "{}", ran.out);
}

#[test]
fn a_step_that_logs_without_end_is_cut_and_says_so() {
    let world = TaskWorld::new();
    let list: Vec<u32> = (0..400).collect();
    let steps = json!([{
        "id": "noisy", "name": "noisy", "action": "debug:log", "each": "${{ parameters.list }}",
        "input": {"message": "${{ parameters.long }}"},
    }, log("after", "heard")]);
    let long = "x".repeat(50_000);
    world.store_with(
        ID,
        steps,
        &[],
        json!({"list": list, "long": long}),
        json!({}),
    );
    let ran = world.run(&["task", "retry", ID, "--detach"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    world.wait_for(ID, "the end", |event| event.kind == "completion");
    let events = world.events(ID);
    let bytes: usize = events.iter().map(|e| e.body.to_string().len()).sum();
    assert!(bytes < 12_000_000, "{bytes}");
    let says = |text: &str| {
        events
            .iter()
            .any(|event| event.body["message"].as_str().unwrap_or("").contains(text))
    };
    assert!(says("The log of this step is cut here"));
    assert!(says("lines of this step were not kept"));
    assert!(says("info: heard"));
}
