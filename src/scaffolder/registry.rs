//! Which actions there are: one line an action.

use std::sync::Arc;

use super::action::Action;
use super::actions::{
    argocd_create_resources, catalog_fetch, catalog_register, catalog_write, debug_log, debug_wait,
    fetch_plain, fetch_plain_file, fetch_template, fetch_template_file, fs_delete, fs_readdir,
    fs_rename, github_actions_dispatch, github_autolinks_create, github_branch_protection_create,
    github_deploy_key_create, github_environment_create, github_issues_create, github_issues_label,
    github_pages_enable, github_repo_create, github_repo_push, github_webhook,
    http_backstage_request, http_request, kube_apply, publish_github, publish_github_pull_request,
    publish_local, roadiehq_fs_append, roadiehq_fs_parse, roadiehq_fs_write, roadiehq_json_merge,
    roadiehq_jsonata, roadiehq_merge, roadiehq_serialize_json, roadiehq_serialize_yaml,
};
use crate::text;

/// The actions a task may use, by their ids.
#[derive(Clone)]
pub struct Registry {
    actions: Vec<Arc<dyn Action>>,
}

impl Default for Registry {
    /// Every action of callboard, sorted by id.
    fn default() -> Self {
        let mut registry = Self {
            actions: vec![
                Arc::new(catalog_fetch::CatalogFetch),
                Arc::new(catalog_register::CatalogRegister),
                Arc::new(catalog_write::CatalogWrite),
                Arc::new(debug_log::DebugLog),
                Arc::new(debug_wait::DebugWait),
                Arc::new(fetch_plain::FetchPlain),
                Arc::new(fetch_plain_file::FetchPlainFile),
                Arc::new(fetch_template::FetchTemplate),
                Arc::new(fetch_template_file::FetchTemplateFile),
                Arc::new(fs_delete::FsDelete),
                Arc::new(fs_readdir::FsReaddir),
                Arc::new(fs_rename::FsRename),
                Arc::new(roadiehq_fs_append::RoadieFsAppend),
                Arc::new(roadiehq_fs_parse::RoadieFsParse),
                Arc::new(roadiehq_fs_write::RoadieFsWrite),
                Arc::new(roadiehq_json_merge::RoadieJsonMerge),
                Arc::new(roadiehq_jsonata::RoadieJsonata),
                Arc::new(roadiehq_merge::RoadieMerge),
                Arc::new(roadiehq_serialize_json::RoadieSerializeJson),
                Arc::new(roadiehq_serialize_yaml::RoadieSerializeYaml),
                Arc::new(argocd_create_resources::ArgocdCreateResources),
                Arc::new(github_actions_dispatch::GithubActionsDispatch),
                Arc::new(github_autolinks_create::GithubAutolinksCreate),
                Arc::new(github_branch_protection_create::GithubBranchProtectionCreate),
                Arc::new(github_deploy_key_create::GithubDeployKeyCreate),
                Arc::new(github_environment_create::GithubEnvironmentCreate),
                Arc::new(github_issues_create::GithubIssuesCreate),
                Arc::new(github_issues_label::GithubIssuesLabel),
                Arc::new(github_pages_enable::GithubPagesEnable),
                Arc::new(github_repo_create::GithubRepoCreate),
                Arc::new(github_repo_push::GithubRepoPush),
                Arc::new(github_webhook::GithubWebhook),
                Arc::new(http_backstage_request::HttpBackstageRequest),
                Arc::new(http_request::HttpRequestAction),
                Arc::new(kube_apply::KubeApply),
                Arc::new(publish_github::PublishGithub),
                Arc::new(publish_github_pull_request::PublishGithubPullRequest),
                Arc::new(publish_local::PublishLocal),
            ],
        };
        registry.actions.sort_by_key(|action| action.id());
        registry
    }
}

impl Registry {
    /// A registry of these actions alone.
    pub fn of(actions: Vec<Arc<dyn Action>>) -> Self {
        Self { actions }
    }

    /// All of them.
    pub fn actions(&self) -> &[Arc<dyn Action>] {
        &self.actions
    }

    /// The action of an id.
    pub fn get(&self, id: &str) -> Option<&dyn Action> {
        self.actions
            .iter()
            .find(|action| action.id() == id)
            .map(AsRef::as_ref)
    }

    /// The id that was probably meant.
    pub fn nearest(&self, id: &str) -> Option<&'static str> {
        text::nearest(id, self.actions.iter().map(|action| action.id()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_describes_itself_once() {
        let registry = Registry::default();
        let ids: Vec<_> = registry
            .actions()
            .iter()
            .map(|action| action.id())
            .collect();
        let mut unique = ids.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(ids, unique, "sorted, and none twice");
        for action in registry.actions() {
            assert!(!action.description().is_empty(), "{}", action.id());
            assert!(action.input_schema().is_object(), "{}", action.id());
            let output = action.output_schema();
            assert!(output.is_object() || output.is_null(), "{}", action.id());
        }
    }

    #[test]
    fn a_slip_in_an_id_is_found() {
        assert_eq!(
            Registry::default().nearest("debug:wiat"),
            Some("debug:wait")
        );
        assert_eq!(Registry::default().nearest("aws:ecr:create"), None);
    }
}
