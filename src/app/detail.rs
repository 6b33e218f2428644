//! What only an entity's own page and the preview show: its links, contacts, annotations, problems and YAML.
//!
//! Built by a job from what the cache has stored, so that the interface never waits for it. Everything in it is
//! already stripped of control characters.

use serde_json::Value;

use crate::catalog::refused::RefusedDocument;
use crate::catalog::yaml::emit;
use crate::catalog::{Problem, Severity, short_ref};
use crate::text;

/// One entity as the cache has it.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// As `GET /api/catalog/entities` serves it.
    pub served: Value,
    /// Where it was read: `url:https://…` or `file:/…`.
    pub location: String,
    /// What is wrong with it, each with the location of the file at fault.
    pub problems: Vec<(String, Problem)>,
    /// Whether it is an invalid document that was never good, and then its text in the file, where that is kept.
    pub unserved: Option<Option<RefusedDocument>>,
}

/// What a link is for, as far as its title, type and address tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LinkKind {
    /// What to do when it fails.
    Runbook,
    /// Graphs, logs, traces.
    Dashboard,
    /// Where its owner talks.
    Chat,
    /// Where its source is.
    Source,
    /// Anything else.
    Other,
}

/// A link of an entity.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Link {
    /// Its title, or its address where it has none.
    pub title: String,
    /// Its address, as written.
    pub url: String,
    /// What it is for.
    pub kind: LinkKind,
}

/// A problem with its place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProblemLine {
    /// Whether the entity is still served.
    pub severity: Severity,
    /// `catalog-info.yaml:12:5`, as much of it as is known.
    pub place: String,
    /// What is wrong.
    pub message: String,
}

/// A document's own text, as its file has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Source {
    /// The 1-based line of the file that it begins at; 0 where it was written anew.
    pub first_line: u32,
    /// The lines of the file that problems are at, in order.
    pub faults: Vec<u32>,
    /// Whether its end is left out.
    pub cut: bool,
}

/// See the module.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Detail {
    /// Complete reference, lower-cased.
    pub entity_ref: String,
    /// The whole description, one paragraph.
    pub description: String,
    /// How its owner is reached: chat, mail, in that order.
    pub contacts: Vec<String>,
    /// All links, runbooks and dashboards first.
    pub links: Vec<Link>,
    /// Annotations, then labels, by key.
    pub annotations: Vec<(String, String)>,
    /// Errors first.
    pub problems: Vec<ProblemLine>,
    /// The lines of its YAML: as it is served, or of its file where [`source`](Self::source) says so.
    pub yaml: Vec<String>,
    /// Whether it is an invalid document that was never good: nothing is known of it but its reference, its problems
    /// and perhaps its text.
    pub unserved: bool,
    /// What `yaml` is of an unserved document, where its text is kept.
    pub source: Option<Source>,
    /// Where it was read.
    pub location: String,
    /// The 1-based line of its first problem, where it has one.
    pub line: Option<u32>,
}

impl Detail {
    /// Builds it from the cache; `load` gives an entity by its complete reference (this one's owner too).
    /// None where the cache does not have the entity.
    pub fn build(entity_ref: &str, load: &mut dyn FnMut(&str) -> Option<Loaded>) -> Option<Detail> {
        let loaded = load(entity_ref)?;
        let served = &loaded.served;
        let is_owner = matches!(entity_ref.split(':').next(), Some("group" | "user"));
        let contacts = if is_owner {
            contacts(served)
        } else {
            let own = chat(served);
            let owner = relation(served, "ownedBy").and_then(&mut *load);
            let of_owner = owner.map(|owner| contacts(&owner.served));
            let mut all = own;
            for contact in of_owner.unwrap_or_default() {
                if !all.contains(&contact) {
                    all.push(contact);
                }
            }
            all
        };
        let mut problems = loaded.problems.clone();
        problems.sort_by_key(|(_, problem)| std::cmp::Reverse(problem.severity));
        Some(Detail {
            entity_ref: entity_ref.to_owned(),
            description: line(string(served, "/metadata/description")),
            contacts,
            links: match &loaded.unserved {
                Some(_) => file_link(&loaded).into_iter().collect(),
                None => links(served),
            },
            annotations: annotations(served),
            problems: problems
                .iter()
                .map(|(location, problem)| ProblemLine {
                    severity: problem.severity,
                    place: place(location, problem),
                    message: line(&problem.message),
                })
                .collect(),
            yaml: match &loaded.unserved {
                Some(Some(document)) => clean_lines(&document.text),
                Some(None) => Vec::new(),
                None => clean_lines(&emit(served)),
            },
            unserved: loaded.unserved.is_some(),
            source: loaded.unserved.as_ref().and_then(|document| {
                let document = document.as_ref()?;
                let mut faults: Vec<u32> = problems.iter().filter_map(|(_, p)| p.line).collect();
                faults.sort_unstable();
                Some(Source {
                    first_line: document.line,
                    faults,
                    cut: document.cut,
                })
            }),
            location: line(&loaded.location),
            line: problems
                .iter()
                .filter(|(location, _)| *location == loaded.location)
                .find_map(|(_, problem)| problem.line),
        })
    }

    /// Its links of one kind.
    pub fn links_of(&self, kind: LinkKind) -> impl Iterator<Item = &Link> {
        self.links.iter().filter(move |link| link.kind == kind)
    }
}

fn line(content: &str) -> String {
    text::clean(content).trim().to_owned()
}

fn string<'a>(served: &'a Value, pointer: &str) -> &'a str {
    served
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or("")
}

fn relation<'a>(served: &'a Value, name: &str) -> Option<&'a str> {
    served
        .get("relations")?
        .as_array()?
        .iter()
        .find(|relation| relation.get("type").and_then(Value::as_str) == Some(name))?
        .get("targetRef")?
        .as_str()
}

fn map<'a>(served: &'a Value, pointer: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    served
        .pointer(pointer)
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
}

/// Where the entity's people talk, from annotations whose key names a chat and from links to one.
fn chat(served: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (key, value) in map(served, "/metadata/annotations") {
        let Some(value) = value.as_str() else {
            continue;
        };
        let key = key.to_lowercase();
        if key.contains("slack") || key.contains("chat-channel") {
            let value = line(value);
            found.push(if value.starts_with('#') || value.contains(['/', ' ']) {
                value
            } else {
                format!("#{value}")
            });
        }
    }
    for link in links(served) {
        if link.kind == LinkKind::Chat && !found.contains(&link.title) {
            found.push(link.title);
        }
    }
    found
}

/// How a group or a person, as it is served, is reached: chat, then mail.
pub fn contacts(served: &Value) -> Vec<String> {
    let mut found = chat(served);
    let email = line(string(served, "/spec/profile/email"));
    if !email.is_empty() {
        found.push(email);
    }
    found
}

fn links(served: &Value) -> Vec<Link> {
    let mut all = Vec::new();
    for key in ["backstage.io/runbook-url", "runbook-url"] {
        let pointer = format!("/metadata/annotations/{}", key.replace('/', "~1"));
        let url = string(served, &pointer);
        if !url.is_empty() {
            all.push(Link {
                title: "Runbook".into(),
                url: line(url),
                kind: LinkKind::Runbook,
            });
        }
    }
    let listed = served.pointer("/metadata/links").and_then(Value::as_array);
    for link in listed.into_iter().flatten() {
        let get = |key: &str| line(link.get(key).and_then(Value::as_str).unwrap_or(""));
        let url = get("url");
        if url.is_empty() {
            continue;
        }
        let title = Some(get("title")).filter(|title| !title.is_empty());
        let kind = link_kind(&[&get("title"), &get("type"), &get("icon")], &url);
        all.push(Link {
            title: title.unwrap_or_else(|| url.clone()),
            url,
            kind,
        });
    }
    for (key, title) in [
        ("backstage.io/source-location", "Source"),
        ("backstage.io/view-url", "Catalog file"),
    ] {
        let pointer = format!("/metadata/annotations/{}", key.replace('/', "~1"));
        let url = string(served, &pointer);
        let url = url.strip_prefix("url:").unwrap_or(url);
        if url.starts_with("https://") || url.starts_with("http://") {
            all.push(Link {
                title: title.into(),
                url: line(url),
                kind: LinkKind::Source,
            });
        }
    }
    all.sort_by_key(|link| match link.kind {
        LinkKind::Runbook => 0,
        LinkKind::Dashboard => 1,
        LinkKind::Chat => 2,
        LinkKind::Other => 3,
        LinkKind::Source => 4,
    });
    all
}

fn link_kind(words: &[&str], url: &str) -> LinkKind {
    let says = |needles: &[&str]| {
        words
            .iter()
            .chain([&url])
            .map(|word| word.to_lowercase())
            .any(|word| needles.iter().any(|needle| word.contains(needle)))
    };
    if says(&["runbook", "playbook", "런북"]) {
        LinkKind::Runbook
    } else if says(&["slack", "teams.microsoft", "mattermost", "discord", "#chat"]) {
        LinkKind::Chat
    } else if says(&[
        "dashboard",
        "grafana",
        "datadog",
        "kibana",
        "splunk",
        "sentry",
        "jaeger",
        "prometheus",
        "newrelic",
        "honeycomb",
        "logs",
        "metrics",
        "대시보드",
    ]) {
        LinkKind::Dashboard
    } else {
        LinkKind::Other
    }
}

fn annotations(served: &Value) -> Vec<(String, String)> {
    let mut all: Vec<_> = ["/metadata/annotations", "/metadata/labels"]
        .into_iter()
        .flat_map(|pointer| {
            map(served, pointer).map(|(key, value)| {
                let value = value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned);
                (line(key), line(&value))
            })
        })
        .collect();
    all.sort();
    all
}

/// `file:line:column`, with as much of the file's address as says which file it is.
fn place(location: &str, problem: &Problem) -> String {
    let file = location
        .strip_prefix("url:")
        .or_else(|| location.strip_prefix("file:"))
        .unwrap_or(location);
    let mut place = line(file);
    for number in [problem.line, problem.column].into_iter().flatten() {
        place.push(':');
        place.push_str(&number.to_string());
    }
    place
}

fn clean_lines(content: &str) -> Vec<String> {
    content
        .lines()
        .map(|line| text::clean(&text::expand_tabs(line, 4)).into_owned())
        .collect()
}

/// Where the file of a document that is not served can be seen, at the line of its first problem.
fn file_link(loaded: &Loaded) -> Option<Link> {
    let url = loaded.location.strip_prefix("url:")?;
    let line = loaded
        .problems
        .first()
        .and_then(|(_, problem)| problem.line);
    let at = line.map_or_else(String::new, |line| format!("#L{line}"));
    Some(Link {
        title: "Its file".into(),
        url: format!("{}{at}", self::line(url)),
        kind: LinkKind::Source,
    })
}

/// A complete reference as people read it: without the kind where that is `implied` (empty: never), without the default
/// namespace, without control characters.
pub fn shown_ref(entity_ref: &str, implied: &str) -> String {
    line(&short_ref(entity_ref, implied))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn service() -> Loaded {
        Loaded {
            served: json!({
                "kind": "Component",
                "metadata": {
                    "name": "pay",
                    "description": "Pays\u{1b}[2J everyone",
                    "annotations": {
                        "backstage.io/runbook-url": "https://wiki.example/runbook",
                        "slack.com/channel": "pay-help"
                    },
                    "links": [
                        {"title": "Home", "url": "https://pay.example"},
                        {"title": "Latency", "url": "https://grafana.example/d/1"},
                        {"url": "https://bare.example"}
                    ]
                },
                "relations": [{"type": "ownedBy", "targetRef": "group:default/payments"}]
            }),
            location: "url:https://github.com/o/r/blob/main/catalog-info.yaml".into(),
            problems: vec![(
                "url:https://github.com/o/r/blob/main/catalog-info.yaml".into(),
                Problem {
                    severity: Severity::Error,
                    name: "InputError".into(),
                    message: "no".into(),
                    entity_ref: None,
                    field: None,
                    line: Some(3),
                    column: Some(7),
                },
            )],
            unserved: None,
        }
    }

    fn build() -> Detail {
        Detail::build(
            "component:default/pay",
            &mut |entity_ref| match entity_ref {
                "component:default/pay" => Some(service()),
                "group:default/payments" => Some(Loaded {
                    served: json!({"kind": "Group", "metadata": {"name": "payments"},
                    "spec": {"profile": {"email": "payments@example.com"}}}),
                    location: String::new(),
                    problems: Vec::new(),
                    unserved: None,
                }),
                _ => None,
            },
        )
        .unwrap()
    }

    #[test]
    fn an_owner_is_reached_by_chat_first_and_then_by_mail() {
        assert_eq!(build().contacts, ["#pay-help", "payments@example.com"]);
    }

    #[test]
    fn runbooks_and_dashboards_come_before_other_links() {
        let detail = build();
        let titles: Vec<_> = detail
            .links
            .iter()
            .map(|link| link.title.as_str())
            .collect();
        assert_eq!(
            titles,
            ["Runbook", "Latency", "Home", "https://bare.example"]
        );
        assert_eq!(detail.links_of(LinkKind::Dashboard).count(), 1);
    }

    #[test]
    fn a_problem_says_file_line_and_column() {
        assert_eq!(
            build().problems[0].place,
            "https://github.com/o/r/blob/main/catalog-info.yaml:3:7"
        );
    }

    #[test]
    fn nothing_of_it_can_reach_a_terminal_raw() {
        let shown = format!("{:?}", build());
        assert!(!shown.contains("\\u{1b}"), "{shown}");
    }

    #[test]
    fn an_entity_that_the_cache_does_not_have_is_none() {
        assert!(Detail::build("api:default/x", &mut |_| None).is_none());
    }

    #[test]
    fn a_document_that_is_not_served_shows_its_own_text_and_where_it_is_wrong() {
        let load = |kept: bool| {
            let document = RefusedDocument {
                entity_ref: "component:default/pay".into(),
                line: 2,
                text: "kind: Component\nspec:\n\ttype: \u{1b}[2Jx\n".into(),
                cut: false,
            };
            let loaded = Loaded {
                unserved: Some(kept.then_some(document)),
                ..service()
            };
            Detail::build("component:default/pay", &mut |_| Some(loaded.clone())).unwrap()
        };
        let detail = load(true);
        assert!(detail.unserved);
        assert_eq!(detail.yaml, ["kind: Component", "spec:", "    type: x"]);
        let source = detail.source.unwrap();
        assert_eq!((source.first_line, &source.faults[..]), (2, &[3][..]));
        // What it says of itself is not known: the only link is to its file.
        assert_eq!(detail.links.len(), 1);
        assert!(detail.links[0].url.ends_with("catalog-info.yaml#L3"));
        let detail = load(false);
        assert!(detail.unserved && detail.yaml.is_empty() && detail.source.is_none());
    }
}
