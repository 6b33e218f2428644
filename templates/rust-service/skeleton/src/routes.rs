//! What the service answers.

use axum::Router;
use axum::routing::get;

/// All routes.
pub fn router() -> Router {
    Router::new()
        .route("/", get(|| async { "${{ values.name }}\n" }))
        .route("/healthz", get(|| async { "ok\n" }))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::{Request, StatusCode};
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    use super::*;

    async fn answer(path: &str) -> (StatusCode, String) {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = router().oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8_lossy(&bytes).into_owned())
    }

    #[tokio::test]
    async fn the_service_says_that_it_is_well() {
        assert_eq!(answer("/healthz").await, (StatusCode::OK, "ok\n".into()));
    }

    #[tokio::test]
    async fn an_unknown_path_is_not_found() {
        assert_eq!(answer("/nowhere").await.0, StatusCode::NOT_FOUND);
    }
}
