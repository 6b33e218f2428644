//! `publish:github:pull-request`: the workspace as a pull request to a repository that exists.
//!
//! One tree, one commit, one branch: what is not different from the base is not sent. Unlike Backstage, a branch of that
//! name that holds commits which are nowhere else is not overwritten without `update`, and no fork is made.

use serde_json::{Map, Value, json};

use crate::github::Verb;
use crate::scaffolder::action::{Action, Example, Level, Outcome, StepContext, Target};
use crate::scaffolder::error::{ActionError, ActionErrorKind};
use crate::scaffolder::git::{Change, Person};
use crate::scaffolder::github::commit::{self, Base, Made, Words};
use crate::scaffolder::github::{
    Repo, access, after, changes, failed, inputs, push, targets, text_at, texts,
};
use crate::scaffolder::services::Intent;

/// The intents' keys within their step.
const BRANCH: &str = "branch";
const PULL_REQUEST: &str = "pull-request";
/// GitHub takes no more people.
const MOST_ASSIGNEES: usize = 10;

/// See the module.
pub struct PublishGithubPullRequest;

impl Action for PublishGithubPullRequest {
    fn id(&self) -> &'static str {
        "publish:github:pull-request"
    }

    fn description(&self) -> &'static str {
        "Opens a pull request on GitHub with what the workspace holds."
    }

    fn input_schema(&self) -> Value {
        inputs::object(
            &[
                inputs::repo_url(),
                ("branchName", inputs::text("The branch that is made")),
                (
                    "filesToDelete",
                    inputs::texts("Files that go, below `targetPath`"),
                ),
                (
                    "targetBranchName",
                    inputs::text(
                        "The branch it is for; the repository's default branch where nothing is said",
                    ),
                ),
                ("title", inputs::text("The pull request's title")),
                ("description", inputs::text("The pull request's text")),
                ("draft", inputs::flag("Whether it begins as a draft")),
                (
                    "sourcePath",
                    inputs::text(
                        "The folder of the workspace that is taken; all of it where nothing is said",
                    ),
                ),
                (
                    "targetPath",
                    inputs::text("The folder of the repository that it goes to"),
                ),
                inputs::token(),
                (
                    "reviewers",
                    inputs::texts("Logins of who is asked for a review"),
                ),
                (
                    "assignees",
                    inputs::texts("Logins of who it is assigned to, ten at most"),
                ),
                (
                    "teamReviewers",
                    inputs::texts("Names of teams that are asked for a review"),
                ),
                (
                    "commitMessage",
                    inputs::text("The commit's message; the title where nothing is said"),
                ),
                (
                    "update",
                    inputs::flag(
                        "Whether a pull request of that branch that is open is brought up to date",
                    ),
                ),
                (
                    "forceFork",
                    inputs::flag("Not available: the branch is made in the repository itself"),
                ),
                (
                    "gitAuthorName",
                    inputs::text("The author's name; the signed-in person's where nothing is said"),
                ),
                ("gitAuthorEmail", inputs::text("The author's address")),
                (
                    "forceEmptyGitAuthor",
                    inputs::flag(
                        "Whether GitHub decides the author, so that an App's commit is verified",
                    ),
                ),
                (
                    "createWhenEmpty",
                    inputs::flag(
                        "Whether there is a pull request even where nothing differs; true where nothing is said",
                    ),
                ),
            ],
            &["repoUrl", "branchName", "title", "description"],
        )
    }

    fn output_schema(&self) -> Value {
        inputs::object(
            &[
                ("targetBranchName", inputs::text("The branch it is for")),
                ("remoteUrl", inputs::text("The pull request's page")),
                (
                    "pullRequestNumber",
                    inputs::number("The pull request's number"),
                ),
            ],
            &["targetBranchName", "remoteUrl", "pullRequestNumber"],
        )
    }

    fn examples(&self) -> &'static [Example] {
        &[
            Example {
                description: "Propose what was rendered",
                example: "steps:\n  - id: pr\n    action: publish:github:pull-request\n    input:\n      repoUrl: github.com?owner=acme&repo=infrastructure\n      branchName: database-${{ parameters.name }}\n      title: Database for ${{ parameters.name }}\n      description: Asked for by ${{ user.entity.metadata.name }}\n",
            },
            Example {
                description: "Into a folder, reviewed by a team, one file taken away",
                example: "steps:\n  - id: pr\n    action: publish:github:pull-request\n    input:\n      repoUrl: github.com?owner=acme&repo=infrastructure\n      branchName: move-${{ parameters.name }}\n      title: Move ${{ parameters.name }}\n      description: \"\"\n      targetPath: databases/${{ parameters.name }}\n      filesToDelete: [old.tf]\n      teamReviewers: [platform]\n",
            },
        ]
    }

    fn supports_dry_run(&self) -> bool {
        true
    }

    fn targets(&self, input: &Map<String, Value>) -> Vec<Target> {
        targets(input, "open a pull request in", false)
    }

    fn run<'a>(&'a self, step: &'a mut StepContext<'_>) -> Outcome<'a> {
        Box::pin(async move {
            let all = wanted(step)?;
            if step.dry_run {
                step.log(Level::Info, &format!("Would propose {} changes", all.len()));
                let branch = json!(step.text("branchName"));
                let repository = json!(step.text("repoUrl"));
                step.output("targetBranchName", branch);
                step.output("remoteUrl", repository);
                step.output("pullRequestNumber", json!(43));
                return Ok(());
            }
            if step.flag("forceFork", false) {
                return Err(ActionError::input("`forceFork`: callboard makes no forks")
                    .hint("leave it out: the branch is made in the repository itself"));
            }
            let repo = Repo::of(step).await?;
            let Some(opened) = propose(step, &repo, all).await? else {
                step.log(
                    Level::Info,
                    "No changes to commit, pull request was not created",
                );
                return Ok(());
            };
            step.output("targetBranchName", opened["base"].clone());
            step.output("remoteUrl", opened["url"].clone());
            step.output("pullRequestNumber", opened["number"].clone());
            invite(step, &repo, &opened).await
        })
    }
}

/// Every change the step asks for. What goes is said last, as it counts more than what is put there.
fn wanted(step: &StepContext<'_>) -> Result<Vec<Change>, ActionError> {
    let target = step.text("targetPath").unwrap_or_default();
    let mut all = changes::files(&push::source(step)?, target)?;
    for path in texts(step.input, "filesToDelete") {
        let path = changes::inside(&format!("{target}/{path}"))?;
        let path = path.trim_end_matches('/').to_owned();
        all.retain(|change| change.path != path);
        all.push(Change { path, file: None });
    }
    Ok(all)
}

/// The pull request: `url`, `number`, `base`. None where nothing differs and that is not to be proposed.
async fn propose(
    step: &StepContext<'_>,
    repo: &Repo,
    all: Vec<Change>,
) -> Result<Option<Value>, ActionError> {
    let name = repo.url.full_name();
    let found = repo.describe().await?;
    if found.pointer("/permissions/push") == Some(&Value::Bool(false)) {
        return Err(
            ActionError::not_allowed(format!("this identity may not push to {name}"))
                .hint("ask for write access; callboard makes no forks"),
        );
    }
    if found.get("archived") == Some(&Value::Bool(true)) {
        return Err(ActionError::not_allowed(format!("{name} is archived")));
    }
    let branch = step.text("branchName").unwrap_or_default();
    let target = match step
        .text("targetBranchName")
        .filter(|target| !target.is_empty())
    {
        Some(target) => target.to_owned(),
        None => text_at(&found, &["default_branch"]).unwrap_or_default(),
    };
    if branch == target || branch.is_empty() {
        return Err(ActionError::input(format!(
            "`branchName` is `{branch}`, and a pull request needs a branch besides `{target}`"
        )));
    }
    let base = base(repo, &target, &found).await?;
    let tree = repo
        .client
        .whole_tree(&repo.url.owner, &repo.url.name, &base.tree)
        .await
        .map_err(failed)?;
    let differing = changes::differing(all, &tree)?;
    if differing.is_empty() && !step.flag("createWhenEmpty", true) {
        return Ok(None);
    }
    let open = open_one(repo, branch).await?;
    let before = repo.head(branch).await?;
    let made = set_branch(
        step,
        repo,
        &base,
        &target,
        &differing,
        before,
        open.as_ref(),
    )
    .await?;
    let told = format!("the branch {branch} of {name} is at {made}");
    pull_request(step, repo, branch, &target, open)
        .await
        .map(Some)
        .map_err(|error| after(&told, error))
}

async fn base(repo: &Repo, target: &str, found: &Value) -> Result<Base, ActionError> {
    let missing = || {
        ActionError::not_found(format!("{} has no branch `{target}`", repo.url.full_name()))
            .hint("check `targetBranchName`; a repository without commits takes no pull requests")
    };
    let commit = repo.head(target).await?.ok_or_else(missing)?;
    let at = repo.at(&["git", "commits", &commit]);
    let described = repo.client.read(&at, &[]).await.map_err(failed)?;
    Ok(Base {
        tree: text_at(&described, &["tree", "sha"]).ok_or_else(missing)?,
        clone_url: text_at(found, &["clone_url"]).unwrap_or_default(),
        commit,
    })
}

/// The open pull request of a branch.
async fn open_one(repo: &Repo, branch: &str) -> Result<Option<Value>, ActionError> {
    let head = format!("{}:{branch}", repo.url.owner);
    let query = [("state", "open"), ("head", head.as_str())];
    let found = repo
        .client
        .read(&repo.at(&["pulls"]), &query)
        .await
        .map_err(failed)?;
    Ok(found.as_array().and_then(|pulls| pulls.first()).cloned())
}

/// Makes the commit and the branch that names it; its id.
async fn set_branch(
    step: &StepContext<'_>,
    repo: &Repo,
    base: &Base,
    target: &str,
    differing: &[Change],
    before: Option<String>,
    open: Option<&Value>,
) -> Result<String, ActionError> {
    let branch = step.text("branchName").unwrap_or_default();
    // Looked up without storing anything new: what is to be stored is not known yet.
    let intent = step.intents.begin(BRANCH, Value::Null)?;
    let ours = match &intent {
        Intent::Done(outcome) => text_at(outcome, &["commit"]),
        Intent::New | Intent::Unfinished { .. } => None,
    };
    if ours.is_some() && ours == before {
        return Ok(ours.unwrap_or_default());
    }
    let attempted = matches!(intent, Intent::Unfinished { .. });
    if before.is_some() && !step.flag("update", false) && !attempted {
        refuse_to_overwrite(repo, branch, target, open).await?;
    }
    let made = commit::commit(step, repo, base, differing, &words(step)).await?;
    if attempted && before.is_some() && !step.flag("update", false) {
        adopt(
            repo,
            base,
            before.as_deref().unwrap_or_default(),
            &made,
            branch,
        )
        .await?;
    }
    let id = made.id().to_owned();
    let force = before.is_some();
    let answer = match &made {
        Made::Here(git, committed) => {
            commit::push(step, repo, base, git, committed, branch, force).await
        }
        Made::There(id) => name_it(repo, branch, id, force).await,
    };
    if let Err(error) = answer {
        return Err(explain(repo, branch, error).await);
    }
    step.intents.done(BRANCH, json!({"commit": id}))?;
    Ok(id)
}

/// A branch that an earlier attempt of this step may have made is taken over only where it holds the very same tree on the
/// very same base.
async fn adopt(
    repo: &Repo,
    base: &Base,
    before: &str,
    made: &Made,
    branch: &str,
) -> Result<(), ActionError> {
    let at = repo.at(&["git", "commits", before]);
    let had = repo.client.read(&at, &[]).await.map_err(failed)?;
    let parent = had.pointer("/parents/0/sha").and_then(Value::as_str);
    let tree = match made {
        Made::There(id) => {
            let at = repo.at(&["git", "commits", id]);
            let new = repo.client.read(&at, &[]).await.map_err(failed)?;
            text_at(&new, &["tree", "sha"])
        }
        Made::Here(_, committed) => Some(committed.tree.clone()),
    };
    if tree.is_some()
        && tree == text_at(&had, &["tree", "sha"])
        && parent == Some(base.commit.as_str())
    {
        return Ok(());
    }
    Err(ActionError::conflict(format!(
        "there is a branch `{branch}` in {} already, and it cannot be told whether an earlier attempt made it",
        repo.url.full_name()
    ))
    .hint("choose another `branchName`, delete the branch, or set `update: true` to overwrite it"))
}

async fn name_it(repo: &Repo, branch: &str, id: &str, force: bool) -> Result<(), ActionError> {
    let answer = if force {
        let mut at = repo.at(&["git", "refs", "heads"]);
        at.extend(branch.split('/'));
        let body = json!({"sha": id, "force": true});
        repo.client.write(Verb::Patch, &at, Some(&body)).await
    } else {
        let body = json!({"ref": format!("refs/heads/{branch}"), "sha": id});
        repo.client
            .write(Verb::Post, &repo.at(&["git", "refs"]), Some(&body))
            .await
    };
    answer.map(|_| ()).map_err(failed)
}

/// Backstage overwrites any branch. Here only one whose commits are all in the base already.
async fn refuse_to_overwrite(
    repo: &Repo,
    branch: &str,
    target: &str,
    open: Option<&Value>,
) -> Result<(), ActionError> {
    if let Some(open) = open {
        let page = text_at(open, &["html_url"]).unwrap_or_default();
        return Err(ActionError::conflict(format!(
            "there is a pull request of the branch `{branch}` already: {page}"
        ))
        .hint("set `update: true` to bring it up to date, or choose another `branchName`"));
    }
    let range = format!("{target}...{branch}");
    let at = repo.at(&["compare", &range]);
    let compared = repo
        .client
        .read(&at, &[("per_page", "1")])
        .await
        .map_err(failed)?;
    if compared.get("ahead_by").and_then(Value::as_u64) == Some(0) {
        return Ok(());
    }
    Err(ActionError::conflict(format!(
        "there is a branch `{branch}` in {} already, with commits that `{target}` does not have",
        repo.url.full_name()
    ))
    .hint("choose another `branchName`, or set `update: true` to overwrite the branch"))
}

/// A refused branch, with the rule that refused it where GitHub tells which.
async fn explain(repo: &Repo, branch: &str, error: ActionError) -> ActionError {
    if !error.message.contains("verified signatures") {
        return error;
    }
    let rule = signing_rule(repo, branch).await;
    let who = rule.map_or_else(
        || "a rule of the repository or its organisation".to_owned(),
        |rule| format!("the ruleset {rule}"),
    );
    ActionError::new(
        ActionErrorKind::NotAllowed,
        format!("{who} requires signed commits on `{branch}`: {}", error.message),
    )
    .hint("a GitHub App's commits without an author of their own (`forceEmptyGitAuthor: true`) are signed by GitHub; else somebody who may bypass the rule must let the branch pass")
}

/// The name of the ruleset that wants signatures on a branch, and whose it is.
async fn signing_rule(repo: &Repo, branch: &str) -> Option<String> {
    let at = repo.at(&["rules", "branches", branch]);
    let rules = repo.client.read(&at, &[]).await.ok()?;
    let rule = rules
        .as_array()?
        .iter()
        .find(|rule| text_at(rule, &["type"]).as_deref() == Some("required_signatures"))?;
    let source = text_at(rule, &["ruleset_source"]).unwrap_or_default();
    let id = rule.get("ruleset_id")?.as_u64()?.to_string();
    let at = repo.at(&["rulesets", &id]);
    let described = repo.client.read(&at, &[]).await.ok();
    let name = described
        .and_then(|ruleset| text_at(&ruleset, &["name"]))
        .unwrap_or(id);
    Some(format!("`{name}` of {source}"))
}

fn words(step: &StepContext<'_>) -> Words {
    let config = &step.services.config;
    let title = step.text("title").unwrap_or_default();
    let message = step
        .text("commitMessage")
        .map(str::to_owned)
        .or_else(|| config.default_commit_message.clone())
        .unwrap_or_else(|| title.to_owned());
    let (name, email) = &config.default_author;
    let name = step
        .text("gitAuthorName")
        .map(str::to_owned)
        .or_else(|| name.clone());
    let email = step
        .text("gitAuthorEmail")
        .map(str::to_owned)
        .or_else(|| email.clone());
    let wanted = !step.flag("forceEmptyGitAuthor", false) && (name.is_some() || email.is_some());
    let default = |given: Option<String>, default: &str| {
        given
            .filter(|text| !text.is_empty())
            .unwrap_or_else(|| default.to_owned())
    };
    Words {
        message,
        author: wanted.then(|| Person {
            name: default(name, push::AUTHOR.0),
            email: default(email, push::AUTHOR.1),
        }),
    }
}

async fn pull_request(
    step: &StepContext<'_>,
    repo: &Repo,
    branch: &str,
    target: &str,
    open: Option<Value>,
) -> Result<Value, ActionError> {
    let title = step.text("title").unwrap_or_default();
    let text = step.text("description").unwrap_or_default();
    let intent = step.intents.begin(PULL_REQUEST, Value::Null)?;
    if let Intent::Done(outcome) = intent {
        return Ok(outcome);
    }
    let answer = match open {
        Some(open) => {
            let number = open
                .get("number")
                .and_then(Value::as_u64)
                .unwrap_or_default();
            let number = number.to_string();
            let body = json!({"title": title, "body": text, "base": target});
            let at = repo.at(&["pulls", &number]);
            repo.client.write(Verb::Patch, &at, Some(&body)).await
        }
        None => {
            let body = json!({
                "title": title,
                "body": text,
                "head": branch,
                "base": target,
                "draft": step.flag("draft", false),
            });
            repo.client
                .write(Verb::Post, &repo.at(&["pulls"]), Some(&body))
                .await
        }
    };
    let answer = answer.map_err(failed)?.body;
    let outcome = json!({
        "url": answer.get("html_url"),
        "number": answer.get("number"),
        "base": answer.pointer("/base/ref"),
    });
    step.intents.done(PULL_REQUEST, outcome.clone())?;
    step.log(
        Level::Info,
        &format!(
            "Pull request: {}",
            outcome["url"].as_str().unwrap_or_default()
        ),
    );
    Ok(outcome)
}

/// Asks for reviews and assigns; that GitHub refuses someone is told, and the pull request stays.
async fn invite(step: &StepContext<'_>, repo: &Repo, opened: &Value) -> Result<(), ActionError> {
    let number = opened["number"].as_u64().unwrap_or_default().to_string();
    let reviewers = texts(step.input, "reviewers");
    let mut teams = texts(step.input, "teamReviewers");
    teams.sort();
    teams.dedup();
    if !reviewers.is_empty() || !teams.is_empty() {
        let mut body = Map::new();
        if !reviewers.is_empty() {
            body.insert("reviewers".into(), json!(reviewers));
        }
        if !teams.is_empty() {
            body.insert("team_reviewers".into(), json!(teams));
        }
        let at = repo.at(&["pulls", &number, "requested_reviewers"]);
        let body = Value::Object(body);
        let answer = repo.client.write(Verb::Post, &at, Some(&body)).await;
        let what = format!("Failure when adding reviewers to Pull request {number}");
        access::tolerate(step, answer.map(|_| ()), &what)?;
    }
    let mut assignees = texts(step.input, "assignees");
    if assignees.len() > MOST_ASSIGNEES {
        step.log(
            Level::Warn,
            "GitHub takes ten assignees: the first ten are used",
        );
        assignees.truncate(MOST_ASSIGNEES);
    }
    if !assignees.is_empty() {
        let at = repo.at(&["issues", &number, "assignees"]);
        let body = json!({"assignees": assignees});
        let answer = repo.client.write(Verb::Post, &at, Some(&body)).await;
        let what = format!("Failure when adding assignees to Pull request {number}");
        access::tolerate(step, answer.map(|_| ()), &what)?;
    }
    Ok(())
}
