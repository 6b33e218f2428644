//! Tasks that read and change the catalog.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use serde_json::{Value, json};

use super::world::TaskWorld;

const ID: &str = "0b1c2d3e-0000-4000-8000-000000000001";
const AGAIN: &str = "1b1c2d3e-0000-4000-8000-000000000001";
const OPTIONAL: &str = "2b1c2d3e-0000-4000-8000-000000000001";
const MISSING: &str = "3b1c2d3e-0000-4000-8000-000000000001";

const ENTITIES: &str = "apiVersion: backstage.io/v1alpha1
kind: API
metadata: {name: pay-api}
spec: {type: openapi, lifecycle: production, owner: team-a, definition: x}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: pay}
spec: {type: service, lifecycle: production, owner: team-a}
";

/// A server that has one catalog file; gives its authority.
fn serve() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let authority = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut request = [0; 4096];
            let read = stream.read(&mut request).unwrap_or(0);
            let there = request[..read].starts_with(b"GET /catalog-info.yaml ");
            let (status, body) = if there {
                ("200 OK", ENTITIES)
            } else {
                ("404 Not Found", "")
            };
            let _ = write!(
                stream,
                "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
        }
    });
    authority
}

fn configure(world: &TaskWorld, authority: &str) {
    let config = world.folder().join("config/callboard");
    fs::create_dir_all(&config).unwrap();
    fs::write(
        config.join("config.yaml"),
        format!("backend: {{reading: {{allow: [{{host: '{authority}'}}]}}}}\n"),
    )
    .unwrap();
}

fn register(input: Value) -> Value {
    json!({"id": "register", "name": "Register", "action": "catalog:register", "input": input})
}

#[test]
fn what_a_task_registers_is_in_the_catalog_at_once_and_says_who_sees_it() {
    let world = TaskWorld::new();
    let authority = serve();
    configure(&world, &authority);
    let url = format!("http://{authority}/catalog-info.yaml");
    let fetch = json!({"id": "fetch", "name": "Fetch", "action": "catalog:fetch",
        "input": {"entityRef": "${{ steps.register.output.entityRef }}"}});
    let output = json!({"text": [{
        "title": "${{ steps.register.output.catalogInfoUrl }}",
        "content": "owned by ${{ steps.fetch.output.entity.spec.owner }}",
    }]});
    let steps = json!([register(json!({ "catalogInfoUrl": url })), fetch]);
    world.store_with(ID, steps, &[], json!({}), output);
    let ran = world.run(&["task", "retry", ID]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.out, format!("{url}\nowned by team-a\n"));
    assert!(ran.err.contains("only you see this"), "{ran:?}");
    let shown = world.run(&["show", "component:pay"]);
    assert_eq!(shown.code, 0, "{shown:?}");
    let listed = world.run(&["locations", "list"]);
    assert_eq!(listed.out, format!("url:{url}\n"));

    let known = json!([register(json!({ "catalogInfoUrl": url }))]);
    world.store(AGAIN, known, &[]);
    let ran = world.run(&["task", "retry", AGAIN]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.err.contains("already exists"), "{ran:?}");
    let optional = json!([register(json!({ "catalogInfoUrl": url, "optional": true }))]);
    world.store(OPTIONAL, optional, &[]);
    let ran = world.run(&["task", "retry", OPTIONAL]);
    assert_eq!(ran.code, 0, "{ran:?}");
}

#[test]
fn a_file_that_is_missing_or_may_not_be_read_is_said_to_be() {
    let world = TaskWorld::new();
    let authority = serve();
    configure(&world, &authority);
    let missing = format!("http://{authority}/other.yaml");
    world.store(
        MISSING,
        json!([register(json!({ "catalogInfoUrl": missing }))]),
        &[],
    );
    let ran = world.run(&["task", "retry", MISSING]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.err.contains("other.yaml"), "{ran:?}");
    for url in [
        "file:///etc/passwd",
        "https://not.allowed.example/catalog-info.yaml",
    ] {
        let world = TaskWorld::new();
        configure(&world, &authority);
        world.store(ID, json!([register(json!({ "catalogInfoUrl": url }))]), &[]);
        let ran = world.run(&["task", "retry", ID]);
        assert_eq!(ran.code, 1, "{url}: {ran:?}");
    }
}
