//! Where a token goes while git pushes: into one process's environment, and nowhere else.

use serde_json::json;

use super::*;

/// The arguments of every process of this machine that can be seen.
fn arguments() -> String {
    let mut all = String::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        if let Ok(bytes) = std::fs::read(entry.path().join("cmdline")) {
            all.push_str(&String::from_utf8_lossy(&bytes).replace('\0', " "));
            all.push('\n');
        }
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_token_is_in_no_argument_log_address_or_file() {
    let github = Loopback::start(world());
    let stage = Stage::new(&github);
    stage.file("a", "a");
    github.fault(Fault::slow(Duration::from_millis(300)).on_path("git-receive-pack"));
    let watching = CancellationToken::new();
    let stop = watching.clone();
    let watcher = std::thread::spawn(move || {
        let mut pushes = 0;
        while !stop.is_cancelled() {
            let seen = arguments();
            pushes += usize::from(seen.lines().any(|line| {
                line.contains("git") && line.contains("push") && line.contains("acme/pay.git")
            }));
            // This very test's name holds no token; its text is not in its arguments.
            assert!(!seen.contains(TOKEN), "a token in an argument");
        }
        pushes
    });
    let input = json!({"repoUrl": repo_url(&github, "acme", "pay")});
    let output = stage.run("publish:github", input).await.unwrap();
    watching.cancel();
    let pushes = watcher.join().unwrap();
    if cfg!(target_os = "linux") {
        assert!(pushes > 0, "the push was looked at while it ran");
    }
    assert!(!stage.log().contains(TOKEN));
    assert!(!serde_json::to_string(&output).unwrap().contains(TOKEN));
    for request in github.requests() {
        assert!(!request.path.contains(TOKEN));
        let signed = request.header("authorization").unwrap_or_default();
        if request.path.contains("git-") {
            assert!(
                signed.is_empty() || signed.starts_with("Basic "),
                "{signed}"
            );
        }
    }
    let bare = github.change(|world| world.repository_mut("acme", "pay").unwrap().bare());
    let config = std::fs::read_to_string(bare.path().join("config")).unwrap();
    assert!(!config.contains(TOKEN));
    assert!(!stage.workspace.path().join(".git").exists());
}

#[tokio::test]
async fn a_clone_address_on_another_server_gets_neither_a_push_nor_a_token() {
    let github = Loopback::start(world());
    let other = Loopback::start(World::new());
    let stage = Stage::new(&github);
    stage.file("a", "a");
    let elsewhere = json!({
        "full_name": "acme/pay", "default_branch": "main", "html_url": "https://example.com/acme/pay",
        "clone_url": format!("{}/acme/pay.git", other.web_url()),
    });
    github.change(|world| world.add_repository("acme", Repository::empty("pay")));
    github.fault(
        Fault::answer(Reply::json(200, &elsewhere))
            .when(|request| request.path.ends_with("/repos/acme/pay")),
    );
    let input = json!({"repoUrl": repo_url(&github, "acme", "pay")});
    let error = stage.run("github:repo:push", input).await.unwrap_err();
    assert!(
        error.message.contains("another server"),
        "{}",
        error.message
    );
    assert!(other.requests().is_empty());
}

#[tokio::test]
async fn a_large_push_comes_in_chunks_and_arrives() {
    let github = Loopback::start(world());
    let stage = Stage::new(&github);
    let noise: Vec<u8> = std::iter::repeat_with(|| fastrand::u8(..))
        .take(3 << 20)
        .collect();
    stage.file("noise.bin", &noise);
    let input = json!({"repoUrl": repo_url(&github, "acme", "pay")});
    stage.run("publish:github", input).await.unwrap();
    let clone = clone(&github, "acme/pay", "main");
    assert_eq!(
        std::fs::read(clone.path().join("noise.bin")).unwrap(),
        noise
    );
}
