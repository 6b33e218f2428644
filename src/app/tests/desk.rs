//! A small catalog and a state over it, for the tests of `app` and `ui`.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::actions::{self, Scope};
use super::super::detail::{Detail, Loaded};
use super::super::job::{Effect, Job, JobEvent, JobId, JobReport};
use super::super::layout::Size;
use super::super::msg::{Matches, Msg, Output};
use super::super::state::{Setup, State};
use super::super::update;
use super::super::who::{Card, Ingredients, OnCall, Reached};
use crate::catalog::oncall::{OnCallPerson, OnCallSchedule, Shift};
use crate::catalog::{Problem, RowFlags, RowInput, Severity, Snapshot};
use crate::keymap::{Key, KeyCode, Keymap, preset};
use crate::search::{Query, SearchContext, Searcher};
use crate::techdocs::{Runbook, RunbookTarget};
use crate::theme::Theme;

/// One row: reference, title, type, lifecycle, owner, system, tags, description.
type Brief = (
    &'static str,
    &'static str,
    [&'static str; 4],
    &'static str,
    &'static str,
);

const ROWS: [Brief; 16] = [
    (
        "API:payment-api",
        "Payment API",
        ["openapi", "production", "payments-team", "checkout"],
        "rest",
        "Charges, refunds and captures.",
    ),
    (
        "Component:payment-gateway",
        "Payment Gateway",
        ["service", "production", "payments-team", "checkout"],
        "go edge",
        "Terminates card traffic and hands it on.",
    ),
    (
        "Component:payment-service",
        "Payment Service",
        ["service", "production", "payments-team", "checkout"],
        "critical go payments",
        "Handles all payment processing and reconciliation for every shop, retries what a bank refused, and keeps the ledger in step.",
    ),
    (
        "Component:pay-report-worker",
        "",
        ["service", "experimental", "data-platform", ""],
        "python",
        "Builds the nightly settlement report.",
    ),
    (
        "Component:order-service",
        "Order Service",
        ["service", "production", "commerce", "checkout"],
        "java",
        "Takes orders.",
    ),
    (
        "Component:settlement",
        "결제 정산 서비스",
        ["service", "production", "payments-team", "checkout"],
        "kotlin",
        "가맹점별 정산 금액을 계산하고 지급 파일을 만듭니다.",
    ),
    (
        "Component:checkout-web",
        "Checkout 🛒",
        ["website", "production", "commerce", "checkout"],
        "typescript",
        "The last page before the money moves.",
    ),
    (
        "Component:legacy-ledger",
        "",
        ["service", "deprecated", "payments-team", ""],
        "",
        "Kept for the auditors.",
    ),
    (
        "Component:a-service-whose-name-is-as-long-as-a-name-may-well-be-63",
        "",
        ["library", "production", "data-platform", ""],
        "",
        "",
    ),
    (
        "Group:payments-team",
        "Payments",
        ["team", "", "", ""],
        "",
        "Money in, money out.",
    ),
    ("Group:commerce", "", ["team", "", "", ""], "", ""),
    (
        "Group:data-platform",
        "데이터 플랫폼",
        ["team", "", "", ""],
        "",
        "",
    ),
    (
        "Resource:payments-db",
        "Payments database",
        ["database", "production", "payments-team", "checkout"],
        "",
        "PostgreSQL 16, two replicas.",
    ),
    (
        "System:checkout",
        "Checkout",
        ["", "", "commerce", ""],
        "",
        "From basket to receipt.",
    ),
    ("User:jin.park", "박진", ["", "", "", ""], "", ""),
    (
        "Template:spring-service",
        "Spring Boot Microservice",
        ["service", "", "data-platform", ""],
        "java recommended",
        "A service with everything it needs.",
    ),
];

const RELATIONS: [(&str, &str, &str, &str); 7] = [
    (
        "component:payment-service",
        "dependsOn",
        "component:order-service",
        "dependencyOf",
    ),
    (
        "component:payment-service",
        "dependsOn",
        "resource:payments-db",
        "dependencyOf",
    ),
    (
        "component:payment-service",
        "dependsOn",
        "resource:ledger-db",
        "",
    ),
    (
        "component:payment-service",
        "providesApi",
        "api:payment-api",
        "apiProvidedBy",
    ),
    (
        "component:checkout-web",
        "dependsOn",
        "component:payment-service",
        "dependencyOf",
    ),
    (
        "component:settlement",
        "dependsOn",
        "component:payment-service",
        "dependencyOf",
    ),
    (
        "group:payments-team",
        "hasMember",
        "user:jin.park",
        "memberOf",
    ),
];

fn full(short: &str) -> String {
    let (kind, name) = short.split_once(':').unwrap();
    format!("{}:default/{}", kind.to_lowercase(), name.to_lowercase())
}

/// The rows of the small catalog.
pub(crate) fn rows() -> Vec<RowInput> {
    let mut rows: Vec<RowInput> = ROWS
        .iter()
        .map(
            |(entity_ref, title, [spec_type, lifecycle, owner, system], tags, description)| {
                let (kind, name) = entity_ref.split_once(':').unwrap();
                let at = |kind: &str, name: &str| {
                    if name.is_empty() {
                        String::new()
                    } else {
                        full(&format!("{kind}:{name}"))
                    }
                };
                let mut relations = Vec::new();
                if !owner.is_empty() {
                    relations.push(("ownedBy".to_owned(), at("group", owner)));
                }
                if !system.is_empty() {
                    relations.push(("partOf".to_owned(), at("system", system)));
                }
                for (from, relation, to, reverse) in RELATIONS {
                    if full(from) == full(entity_ref) {
                        relations.push((relation.to_owned(), full(to)));
                    }
                    if full(to) == full(entity_ref) {
                        relations.push((reverse.to_owned(), full(from)));
                    }
                }
                relations.sort();
                let dangling = *entity_ref == "Component:payment-service";
                RowInput {
                    entity_ref: full(entity_ref),
                    kind: kind.to_owned(),
                    namespace: "default".to_owned(),
                    name: name.to_owned(),
                    title: (*title).to_owned(),
                    description: (*description).to_owned(),
                    owner: at("group", owner),
                    spec_type: (*spec_type).to_owned(),
                    lifecycle: (*lifecycle).to_owned(),
                    system: at("system", system),
                    tags: (*tags).to_owned(),
                    flags: RowFlags {
                        runbook: dangling,
                        orphan: name == "legacy-ledger",
                        ..RowFlags::default()
                    },
                    problems: u32::from(dangling),
                    relations,
                }
            },
        )
        .collect();
    rows.sort_by(|a, b| a.entity_ref.cmp(&b.entity_ref));
    rows
}

/// The small catalog.
pub(crate) fn snapshot(generation: u64) -> Arc<Snapshot> {
    Arc::new(Snapshot::build(rows(), generation))
}

/// As many services as wanted.
pub(crate) fn many(count: u32) -> Arc<Snapshot> {
    let rows = (0..count)
        .map(|n| RowInput {
            entity_ref: format!("component:default/service-{n:06}"),
            kind: "Component".into(),
            namespace: "default".into(),
            name: format!("service-{n:06}"),
            spec_type: "service".into(),
            lifecycle: "production".into(),
            owner: "group:default/everyone".into(),
            ..RowInput::default()
        })
        .collect();
    Arc::new(Snapshot::build(rows, 1))
}

fn served(entity_ref: &str) -> Option<Value> {
    Some(match entity_ref {
        "component:default/payment-service" => json!({
            "apiVersion": "backstage.io/v1alpha1",
            "kind": "Component",
            "metadata": {
                "name": "payment-service", "namespace": "default", "title": "Payment Service",
                "description": ROWS[2].4,
                "annotations": {
                    "backstage.io/view-url": "https://github.com/my-org/payment-service/blob/main/catalog-info.yaml",
                    "backstage.io/techdocs-ref": "dir:."
                },
                "links": [
                    {"title": "Incident runbook", "url": "https://wiki.my-org.example/runbooks/payments"},
                    {"title": "Grafana", "url": "https://grafana.my-org.example/d/payments"},
                    {"title": "Datadog", "url": "https://app.datadoghq.com/dash/42", "icon": "dashboard"},
                    {"title": "#payments", "url": "https://my-org.slack.com/archives/C01"}
                ],
                "tags": ["critical", "go", "payments"]
            },
            "spec": {"type": "service", "lifecycle": "production", "owner": "payments-team", "system": "checkout"},
            "relations": [{"type": "ownedBy", "targetRef": "group:default/payments-team"}]
        }),
        "group:default/payments-team" => json!({
            "kind": "Group",
            "metadata": {"name": "payments-team", "annotations": {"slack.com/channel": "payments"}},
            "spec": {"type": "team", "profile": {"email": "payments@my-org.example"}, "children": []}
        }),
        _ => json!({"kind": "Component", "metadata": {"name": entity_ref}}),
    })
}

/// An entity as its row tells it, for catalogs that are made.
pub(crate) fn of_row(snapshot: &Snapshot, entity_ref: &str) -> Option<Loaded> {
    let row = snapshot.row(snapshot.find(entity_ref)?);
    let relations: Vec<Value> = snapshot
        .relations(snapshot.find(entity_ref)?)
        .map(|relation| json!({"type": relation.relation, "targetRef": relation.target_ref}))
        .collect();
    let tags: Vec<&str> = row.tags.split(' ').collect();
    let served = json!({
        "apiVersion": "backstage.io/v1alpha1", "kind": row.kind,
        "metadata": {"name": row.name, "namespace": row.namespace, "description": row.description, "tags": tags},
        "spec": {
            "type": row.spec_type, "lifecycle": row.lifecycle,
            "profile": {"email": format!("{}@my-org.example", row.name)},
        },
        "relations": relations,
    });
    Some(Loaded {
        served,
        location: "url:https://github.com/my-org/x".into(),
        problems: Vec::new(),
        unserved: None,
    })
}

/// The details of an entity of the small catalog.
pub(crate) fn detail(entity_ref: &str) -> Option<Detail> {
    let location = "url:https://github.com/my-org/payment-service/blob/main/catalog-info.yaml";
    if entity_ref == NEVER_GOOD {
        return Detail::build(entity_ref, &mut |_| Some(never_good()));
    }
    Detail::build(entity_ref, &mut |entity_ref| {
        let problems = if entity_ref == "component:default/payment-service" {
            let problem = Problem {
                severity: Severity::Warning,
                name: "NotFoundError".into(),
                message: "dependsOn resource:ledger-db is not in the catalog".into(),
                entity_ref: Some(entity_ref.to_owned()),
                field: Some("/spec/dependsOn/2".into()),
                line: Some(24),
                column: Some(7),
            };
            vec![(location.to_owned(), problem)]
        } else {
            Vec::new()
        };
        Some(Loaded {
            served: served(entity_ref)?,
            location: location.into(),
            problems,
            unserved: None,
        })
    })
}

/// Who is on call for the payments team, as a rota has it: until 08:00, then somebody else.
pub(crate) fn on_call() -> OnCall {
    let at = |hours: i64| Timestamp::from_second(1_767_236_400 + hours * 3600).unwrap();
    let shift = |level, name: &str, phone: &str, hours| Shift {
        level,
        person: OnCallPerson {
            name: name.into(),
            email: Some(format!("{phone}@my-org.example")),
            phone: Some(format!("+82 10 5550 01{phone}")),
        },
        start: Some(at(hours)),
        end: Some(at(hours + 5)),
    };
    OnCall {
        configured: true,
        schedule: Some(OnCallSchedule {
            source: "rota.yaml".into(),
            policy: None,
            url: None,
            from: at(0),
            until: at(10),
            fetched_at: None,
            shifts: vec![
                shift(1, "박진 Jin Park", "01", 0),
                shift(2, "Mara Oliveira", "02", 0),
                shift(1, "Inês Duarte", "03", 5),
            ],
            incidents: Vec::new(),
        }),
        failure: None,
        askable: false,
    }
}

fn card(state: &State, entity_ref: &str) -> Option<Card> {
    let id = state.snapshot.find(entity_ref)?;
    let paid = state.snapshot.row(id).owner == "group:default/payments-team";
    let runbook = |title: &str| Runbook {
        title: title.into(),
        target: RunbookTarget::Url("https://wiki.my-org.example/runbooks/payments".into()),
    };
    let ingredients = Ingredients {
        on_call: if paid { on_call() } else { OnCall::default() },
        runbooks: match entity_ref {
            "component:default/payment-service" => vec![runbook("Incident runbook")],
            _ => Vec::new(),
        },
        argo_cds: Vec::new(),
        last_push: None,
    };
    Card::build(&state.snapshot, id, ingredients, &mut |entity_ref| {
        let loaded = |served| Loaded {
            served,
            location: String::new(),
            problems: Vec::new(),
            unserved: None,
        };
        if entity_ref == NEVER_GOOD {
            return Some(never_good());
        }
        served(entity_ref).map(loaded)
    })
}

/// A document that has never been good; only [`with_never_good`] has its row.
pub(crate) const NEVER_GOOD: &str = "component:default/crew-roster";

fn never_good() -> Loaded {
    let location = "url:https://github.com/my-org/crew/blob/main/catalog-info.yaml";
    let problem = Problem {
        severity: Severity::Error,
        name: "TypeError".into(),
        message: "/spec must have required property 'lifecycle'".into(),
        entity_ref: Some(NEVER_GOOD.into()),
        field: Some("/spec".into()),
        line: Some(14),
        column: Some(1),
    };
    Loaded {
        served: crate::catalog::unserved::document(NEVER_GOOD),
        location: location.into(),
        problems: vec![(location.into(), problem)],
        unserved: Some(Some(crate::catalog::refused::RefusedDocument {
            entity_ref: NEVER_GOOD.into(),
            line: 9,
            text: "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: crew-roster\n  title: 승무원 근무표\nspec:\n  type: service\n  owner: team-boarding\n".into(),
            cut: false,
        })),
    }
}

/// The small catalog and a document that has never been good.
pub(crate) fn with_never_good() -> Arc<Snapshot> {
    let mut rows = rows();
    rows.push(RowInput {
        entity_ref: NEVER_GOOD.into(),
        kind: "Component".into(),
        namespace: "default".into(),
        name: "crew-roster".into(),
        flags: RowFlags {
            invalid: true,
            unserved: true,
            ..RowFlags::default()
        },
        problems: 1,
        ..RowInput::default()
    });
    Arc::new(Snapshot::build(rows, 1))
}

/// What a program would say at its start, with the cache synced three minutes ago.
pub(crate) fn setup(snapshot: Arc<Snapshot>) -> Setup {
    let layers = preset("default").unwrap();
    let scopes = Scope::ALL.map(Scope::name);
    let (keymap, problems) = Keymap::load(&layers, &actions::known(), &scopes);
    assert!(problems.is_empty(), "{problems:?}");
    let now = Timestamp::from_second(1_767_236_400).unwrap();
    let theme = Theme::built_in("dark").unwrap();
    Setup {
        organization: "my-org".into(),
        synced_at: Timestamp::from_second(1_767_236_400 - 180).ok(),
        now,
        ..Setup::new(snapshot, Arc::new(keymap), theme)
    }
}

/// Gives an entity by its complete reference.
pub(crate) type Load = dyn Fn(&Snapshot, &str) -> Option<Loaded>;

/// An interface with someone at its keyboard and jobs that are done at once, unless they are held back.
pub(crate) struct Desk {
    pub state: State,
    /// Whether jobs are answered.
    pub answering: bool,
    /// Where entities come from; those of the small catalog where nobody says.
    pub cache: Option<Box<Load>>,
    /// What `update` asked for, jobs left out that were answered.
    pub effects: Vec<Effect>,
    /// Everything that `update` asked for.
    pub asked: Vec<Effect>,
    waiting: Vec<(JobId, Job)>,
}

impl Desk {
    pub fn new(setup: Setup) -> Self {
        let (state, effects) = State::new(setup);
        let mut desk = Desk {
            state,
            answering: true,
            cache: None,
            effects: Vec::new(),
            asked: Vec::new(),
            waiting: Vec::new(),
        };
        desk.take(effects);
        desk
    }

    /// The small catalog at a size, its preview loaded.
    pub fn at(columns: u16, rows: u16) -> Self {
        let mut setup = setup(snapshot(1));
        setup.size = Size { columns, rows };
        Desk::new(setup)
    }

    pub fn send(&mut self, msg: Msg) {
        let effects = update(&mut self.state, msg);
        self.take(effects);
    }

    fn take(&mut self, effects: Vec<Effect>) {
        self.asked.extend(effects.iter().cloned());
        for effect in effects {
            match effect {
                Effect::Start { id, job, .. } => {
                    self.waiting.push((id, job));
                    if self.answering {
                        self.answer();
                    }
                }
                other => self.effects.push(other),
            }
        }
    }

    /// Answers the jobs that wait.
    pub fn answer(&mut self) {
        for (id, job) in std::mem::take(&mut self.waiting) {
            let output = match job {
                Job::Search(request) => {
                    let searcher = Searcher::new(request.snapshot);
                    let query = Query::parse(&request.query);
                    let context = SearchContext {
                        me: &request.me,
                        starred: &request.starred,
                        recent: &request.recent,
                    };
                    let found = searcher.run(&query, &context, &|| false);
                    Some(Output::Matches(Matches {
                        ids: found.map(|found| found.ids).unwrap_or_default(),
                        problems: query.problems().iter().map(ToString::to_string).collect(),
                        nearest: Some("payment-service".into()),
                    }))
                }
                Job::LoadEntity { entity_ref } if self.cache.is_some() => {
                    let snapshot = &self.state.snapshot;
                    let cache = self.cache.as_ref();
                    let mut load = |wanted: &str| cache?(snapshot, wanted);
                    let detail = Detail::build(&entity_ref, &mut load);
                    let id = snapshot.find(&entity_ref);
                    let ingredients = Ingredients::default();
                    let card = id.and_then(|id| Card::build(snapshot, id, ingredients, &mut load));
                    Some(Output::Entity {
                        detail: detail.map(Box::new),
                        card: card.map(Box::new),
                    })
                }
                Job::LoadEntity { entity_ref } => {
                    let card = card(&self.state, &entity_ref).map(Box::new);
                    Some(Output::Entity {
                        detail: detail(&entity_ref).map(Box::new),
                        card,
                    })
                }
                Job::Facets(snapshot) => Some(Output::Facets(Arc::new(
                    crate::app::facets::Facets::build(&snapshot),
                ))),
                Job::SetStar {
                    entity_ref,
                    starred,
                } => Some(Output::Starred {
                    entity_ref,
                    starred,
                }),
                Job::Tree {
                    snapshot,
                    kind,
                    made,
                    older,
                } => {
                    use crate::app::outline::{Carried, Outline};
                    let outline = made.unwrap_or_else(|| Arc::new(Outline::build(snapshot, kind)));
                    let carried = older.map(|older| Carried::between(older, &outline));
                    Some(Output::Tree(outline, carried))
                }
                Job::References { snapshot, typed } => {
                    let offers = crate::app::complete::references(&snapshot, &typed, &|| false);
                    offers.map(Output::References)
                }
                Job::FilterTree(request) => {
                    let context = SearchContext {
                        me: &request.me,
                        starred: &request.starred,
                        ..SearchContext::NOBODY
                    };
                    let found = request.outline.matches(&request.line, &context, &|| false);
                    found.map(Output::TreeMatches)
                }
                Job::Contacts { owners } => {
                    let mut load = |wanted: &str| {
                        Some(Loaded {
                            served: served(wanted)?,
                            location: String::new(),
                            problems: Vec::new(),
                            unserved: None,
                        })
                    };
                    let snapshot = Arc::clone(&self.state.snapshot);
                    let reached = owners.into_iter().map(|owner| {
                        let reached = Reached::of(&snapshot, &owner, &mut load);
                        (owner, reached)
                    });
                    Some(Output::Contacts(reached.collect()))
                }
                Job::OpenDocs { .. }
                | Job::LoadDoc { .. }
                | Job::LayDoc { .. }
                | Job::ListDocs(_)
                | Job::FilterDocs { .. }
                | Job::SearchDocs { .. } => {
                    let mut outputs = super::docs_desk::answer(&job);
                    let last = outputs.pop();
                    for output in outputs {
                        let event = JobEvent::Output(output);
                        self.send(Msg::Job(JobReport { id, event }));
                    }
                    last
                }
                Job::OpenCache { .. }
                | Job::Sync { .. }
                | Job::RefreshOnCall { .. }
                | Job::RememberVisit { .. }
                | Job::RememberPlaces { .. } => None,
            };
            let events = output
                .map(JobEvent::Output)
                .into_iter()
                .chain([JobEvent::Finished(Ok(None))]);
            for event in events {
                self.send(Msg::Job(JobReport { id, event }));
            }
        }
    }

    /// The job that loads this entity, while it waits: it is answered elsewhere.
    pub fn waiting(&mut self, entity_ref: &str) -> Option<(JobId, Job)> {
        let place = self.waiting.iter().rposition(
            |(_, job)| matches!(job, Job::LoadEntity { entity_ref: other } if other == entity_ref),
        )?;
        Some(self.waiting.remove(place))
    }

    /// The job that asks who is on call, while it waits.
    pub fn asking(&self) -> Option<JobId> {
        let asks = |job: &Job| matches!(job, Job::RefreshOnCall { .. });
        let found = self.waiting.iter().find(|(_, job)| asks(job));
        found.map(|(id, _)| *id)
    }

    /// Forgets that job.
    pub fn drop_asking(&mut self) {
        self.waiting
            .retain(|(_, job)| !matches!(job, Job::RefreshOnCall { .. }));
    }

    /// The card of an entity as jobs answer it.
    pub fn card(&self, entity_ref: &str) -> Option<Card> {
        card(&self.state, entity_ref)
    }

    /// Types keys as people write them; a longer word without a key of that name is typed letter by letter.
    pub fn keys(&mut self, keys: &str) -> &mut Self {
        for word in keys.split(' ') {
            match word.parse::<Key>() {
                Ok(key) => self.send(Msg::Key(key)),
                Err(_) => {
                    for c in word.chars() {
                        self.send(Msg::Key(Key::char(c)));
                    }
                }
            }
        }
        self
    }

    /// Lets the selection rest.
    pub fn rest(&mut self) -> &mut Self {
        self.send(Msg::Timer(crate::app::Timer::Preview));
        self
    }

    /// The jobs that wait for an answer.
    pub fn jobs(&self) -> Vec<&Job> {
        self.waiting.iter().map(|(_, job)| job).collect()
    }

    /// Empties what was asked for so far.
    pub fn forget(&mut self) {
        self.effects.clear();
        self.asked.clear();
    }

    pub fn selected(&self) -> &str {
        self.state.catalog().unwrap().selected_ref().unwrap_or("")
    }
}

/// A key that a test names.
pub(crate) fn enter() -> Msg {
    Msg::Key(Key::plain(KeyCode::Enter))
}
