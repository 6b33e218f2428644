//! What a sync did, in the shape `callboard sync --output json` prints.

use std::fmt;

use serde::Serialize;

use super::error::SyncError;
use crate::catalog::{FileRecord, Problem};
use crate::config::ConfigProblem;

/// One thing that is wrong, with its place.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SyncIssue {
    /// The file (`url:https://…`, `file:/…`) or, where a whole source failed, the source's name.
    pub location: String,
    /// The entity it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entity_ref: Option<String>,
    /// 1-based line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// 1-based column, in characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    /// What is wrong. May hold text from outside: pass it through `text` before it is shown.
    pub message: String,
}

/// `location:line:column: message`
impl fmt::Display for SyncIssue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.location)?;
        for number in [self.line, self.column].into_iter().flatten() {
            write!(f, ":{number}")?;
        }
        write!(f, ": {}", self.message)
    }
}

impl SyncIssue {
    /// An issue of a place as a whole.
    pub fn new(location: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            location: location.into(),
            entity_ref: None,
            line: None,
            column: None,
            message: message.into(),
        }
    }

    /// The issue that a problem of a file is.
    pub fn of_problem(location: &str, problem: &Problem) -> Self {
        Self {
            location: location.to_owned(),
            entity_ref: problem.entity_ref.clone(),
            line: problem.line,
            column: problem.column,
            message: problem.message.clone(),
        }
    }

    /// The issue that a problem of the configuration is.
    pub fn of_config(problem: &ConfigProblem) -> Self {
        let mut issue = Self::new(&problem.key, &problem.message);
        if let Some(origin) = &problem.origin {
            issue.location = origin.file.display().to_string();
            (issue.line, issue.column) = (Some(origin.line), Some(origin.column));
        }
        issue
    }

    /// Every error of a file and of its entities, in order; warnings are left to the entity's own page.
    pub fn of_file(file: &FileRecord) -> Vec<Self> {
        file.problems
            .iter()
            .chain(file.entities.iter().flat_map(|e| e.problems.iter()))
            .filter(|p| p.severity == crate::catalog::Severity::Error)
            .map(|p| Self::of_problem(&file.location, p))
            .collect()
    }
}

/// Requests of a run, by kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestCounts {
    /// GraphQL requests.
    pub graphql: u64,
    /// REST and raw-file requests, those answered "not modified" included.
    pub rest: u64,
    /// Requests that were answered "not modified".
    pub not_modified: u64,
}

/// The rate limit as the server last told it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RateLimit {
    /// Points left.
    pub remaining: u64,
    /// When they are all back, RFC 3339.
    pub reset_at: String,
}

/// Documentation in the cache after a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct DocsSummary {
    /// Sites.
    pub sites: u64,
    /// Pages with their text.
    pub pages: u64,
    /// Pages that are new, differ from before or went.
    pub changed: u64,
}

/// What a run did. The fields are those of the JSON; `failures` is for the exit code and the screen.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SyncSummary {
    /// Entities in the cache after the run.
    pub entities: u64,
    /// Entities that were not there before.
    pub added: u64,
    /// Entities that differ from before.
    pub changed: u64,
    /// Entities that went.
    pub removed: u64,
    /// Entities that are as they were.
    pub unchanged: u64,
    /// Entities that are shown although their source no longer shows them.
    pub stale: u64,
    /// Errors in files, then those of sources.
    pub errors: Vec<SyncIssue>,
    /// Requests sent.
    pub requests: RequestCounts,
    /// Points of the GraphQL rate limit spent.
    pub graphql_cost: u64,
    /// The rate limit, where a server told it.
    pub rate_limit: Option<RateLimit>,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// What there is of documentation.
    #[serde(skip)]
    pub docs: DocsSummary,
    /// Sources that failed, with why. Files with errors are no failures.
    #[serde(skip)]
    pub failures: Vec<SyncError>,
    /// Remarks for the reader: what was kept as stale and why.
    #[serde(skip)]
    pub notices: Vec<String>,
}

impl SyncSummary {
    /// Whether the cache differs from before.
    pub fn changed_anything(&self) -> bool {
        self.added + self.changed + self.removed > 0
    }

    /// The process's exit code: 0 even where files have errors; where sources failed, the code of the failure that
    /// asks most of the user.
    pub fn exit_code(&self) -> u8 {
        self.failures
            .iter()
            .max_by_key(|f| f.kind)
            .map_or(0, |f| f.exit_code(self.entities == 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Severity;
    use crate::sync::error::SyncErrorKind;

    #[test]
    fn the_json_has_the_agreed_keys() {
        let mut summary = SyncSummary {
            entities: 3,
            ..SyncSummary::default()
        };
        summary.errors.push(SyncIssue::new("url:x", "bad"));
        summary
            .failures
            .push(SyncError::new(SyncErrorKind::Failed, "hidden"));
        assert_eq!(
            serde_json::to_string(&summary).unwrap(),
            concat!(
                r#"{"entities":3,"added":0,"changed":0,"removed":0,"unchanged":0,"stale":0,"#,
                r#""errors":[{"location":"url:x","message":"bad"}],"#,
                r#""requests":{"graphql":0,"rest":0,"notModified":0},"graphqlCost":0,"rateLimit":null,"durationMs":0}"#
            )
        );
        summary.rate_limit = Some(RateLimit {
            remaining: 5,
            reset_at: "2026-01-01T00:00:00Z".into(),
        });
        let json = serde_json::to_value(&summary).unwrap();
        assert_eq!(json["rateLimit"]["resetAt"], "2026-01-01T00:00:00Z");
    }

    #[test]
    fn files_with_errors_are_no_failure_but_sources_are() {
        let mut summary = SyncSummary::default();
        summary.errors.push(SyncIssue::new("url:x", "bad"));
        assert_eq!(summary.exit_code(), 0);
        summary
            .failures
            .push(SyncError::new(SyncErrorKind::Offline, "down"));
        assert_eq!(summary.exit_code(), 6);
        summary.entities = 1;
        assert_eq!(summary.exit_code(), 1);
        summary
            .failures
            .push(SyncError::new(SyncErrorKind::NotAllowed, "sso"));
        assert_eq!(summary.exit_code(), 5);
    }

    #[test]
    fn warnings_of_a_file_are_not_issues() {
        let problem = |severity, message: &str| Problem {
            severity,
            name: "InputError".into(),
            message: message.into(),
            entity_ref: None,
            field: None,
            line: Some(2),
            column: Some(1),
        };
        let file = FileRecord {
            location: "file:/a".into(),
            origin: "file:/a".into(),
            refused: Vec::new(),
            entities: vec![],
            problems: vec![
                problem(Severity::Warning, "w"),
                problem(Severity::Error, "e"),
            ],
        };
        let issues = SyncIssue::of_file(&file);
        assert_eq!(issues.len(), 1);
        assert_eq!(issues[0].message, "e");
        assert_eq!(issues[0].line, Some(2));
    }
}
