use serde_json::json;

use super::*;
use crate::scaffolder::error::ActionErrorKind;
use crate::scaffolder::stage::Stage;

#[tokio::test]
async fn a_skeleton_beside_the_template_is_rendered_into_a_folder() {
    let stage = Stage::new();
    stage.beside(
        "skeleton/${{ values.name }}.txt",
        "hello ${{ values.name }}",
    );
    stage.beside(
        "skeleton/.github/workflows/ci.yaml",
        "x: ${{ secrets.TOKEN }}",
    );
    let input = json!({
        "url": "./skeleton",
        "targetPath": "out",
        "values": {"name": "pay"},
        "copyWithoutTemplating": [".github/workflows"],
    });
    stage.run(&FetchTemplate, input).await.unwrap();
    assert_eq!(stage.text("out/pay.txt"), "hello pay");
    assert_eq!(
        stage.text("out/.github/workflows/ci.yaml"),
        "x: ${{ secrets.TOKEN }}"
    );
    assert!(
        stage.log().ends_with("info: Wrote 2 files, 2 folders"),
        "{}",
        stage.log()
    );
}

#[tokio::test]
async fn options_reach_the_templates() {
    let stage = Stage::new();
    stage.beside(
        "s/a",
        "{% if values.x %}\n  {% if values.x %}y{% endif %}\n{% endif %}\n",
    );
    stage.beside("s/b.njk", "${{ values.x }}");
    let input = json!({"url": "s", "values": {"x": 1}, "trimBlocks": true, "lstripBlocks": true});
    stage.run(&FetchTemplate, input).await.unwrap();
    assert_eq!(stage.text("a"), "y");
    let input =
        json!({"url": "s", "values": {"x": 1}, "templateFileExtension": true, "targetPath": "e"});
    stage.run(&FetchTemplate, input).await.unwrap();
    assert_eq!(stage.text("e/b"), "1");
    let input =
        json!({"url": "s", "values": {"x": 1}, "templateFileExtension": "njk", "targetPath": "f"});
    stage.run(&FetchTemplate, input).await.unwrap();
    assert_eq!(stage.text("f/b"), "1");
    stage.beside(
        "c/{{ cookiecutter.name }}",
        "${{ values.x }} {{ cookiecutter.name }}",
    );
    let input =
        json!({"url": "c", "values": {"name": "n"}, "cookiecutterCompat": true, "targetPath": "c"});
    stage.run(&FetchTemplate, input).await.unwrap();
    assert_eq!(
        stage.text("c/n"),
        "${{ values.x }} n".replace("${{ values.x }}", "$")
    );
}

#[tokio::test]
async fn inputs_that_exclude_each_other_are_errors() {
    let stage = Stage::new();
    stage.beside("s/a", "x");
    for input in [
        json!({"url": "s", "copyWithoutRender": [], "copyWithoutTemplating": []}),
        json!({"url": "s", "templateFileExtension": true, "copyWithoutTemplating": ["a"]}),
        json!({"url": "s", "templateFileExtension": ".j2", "cookiecutterCompat": true}),
        json!({"url": "s", "copyWithoutTemplating": ["a/[b"]}),
    ] {
        let error = stage.run(&FetchTemplate, input.clone()).await.unwrap_err();
        assert_eq!(error.kind, ActionErrorKind::Input, "{input}");
    }
    assert!(stage.files().is_empty());
}

#[tokio::test]
async fn a_skeleton_comes_from_an_address_under_the_template() {
    let mut stage = Stage::from_address("https://github.com/acme/tpl/blob/main/svc/template.yaml");
    let own = "https://github.com/acme/tpl/tree/main/svc/skeleton";
    stage
        .web
        .insert(format!("{own}/README.md"), b"# ${{ values.name }}".to_vec());
    stage
        .run(
            &FetchTemplate,
            json!({"url": "./skeleton", "values": {"name": "n"}}),
        )
        .await
        .unwrap();
    assert_eq!(stage.text("README.md"), "# n");
    for url in ["../../../../x", "file:///etc", "/etc"] {
        let error = stage
            .run(&FetchTemplate, json!({"url": url}))
            .await
            .unwrap_err();
        assert_eq!(error.kind, ActionErrorKind::NotAllowed, "{url}");
    }
}

#[tokio::test]
async fn a_target_outside_the_workspace_is_refused_before_anything_is_fetched() {
    let stage = Stage::new();
    let error = stage
        .run(&FetchTemplate, json!({"url": "nope", "targetPath": "../x"}))
        .await;
    assert_eq!(error.unwrap_err().kind, ActionErrorKind::NotAllowed);
    assert_eq!(stage.log(), "");
}
