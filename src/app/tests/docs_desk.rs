//! Documentation for the tests of `app` and `ui`: what a job would answer, from pages that stand here.

use std::sync::Arc;

use crate::app::docs::{DocFound, DocListed, DocSet, DocText, DocsGoal, LaidOut, NoDocs, PageView};
use crate::app::{Job, Output};
use crate::markdown::{self, Limits, NoSnippets};
use crate::techdocs::{NavNode, NavTarget, Runbook, RunbookTarget, Site, SitePage};

pub(crate) const SOURCE: &str = "url:https://github.com/my-org/payment-service/tree/main/";

const HOME: &str = "# Payment service\n\nTakes payments. See the [runbook](runbooks/incident.md) and its [pool](runbooks/incident.md#pool-saturated).\n\n- [secrets](../../etc/passwd)\n- [missing](gone.md)\n- [the web](https://example.com/a)\n- [below](#numbers)\n\n## Numbers\n\nA lot.\n";

/// A runbook with everything that runbooks have.
pub(crate) const INCIDENT: &str = "# Incident Response\n\nFirst look at the **dashboard**: [Grafana](https://grafana.my-org.example/d/payments). Then decide.\n\n## Payments failing\n\n1. Check the pool:\n\n    ```bash\n    kubectl exec -it deploy/payment-service -- \\\n      curl -s localhost:8080/actuator/metrics/hikaricp.connections.active --max-time 5 --retry 3 --header 'Accept: application/json'\n    ```\n\n2. Compare with the limit in [the numbers](../index.md#numbers).\n\n!!! warning \"Settlement\"\n    Do not restart during settlement (01:00-01:30).\n\n## Pool saturated\n\n| Signal | Limit | Do |\n|---|---:|---|\n| active | 50 | scale out |\n| pending | 5 | look at slow queries |\n\n??? note \"Why fifty\"\n    Because the database takes two hundred.\n\n```sql\nSELECT pid, state FROM pg_stat_activity;\n```\n\n## Slow queries\n\n- [x] index on `settled_at`\n- [ ] partition by month\n\nCall the database people.\n";

const KOREAN: &str = "# 정산 장애 대응\n\n정산 배치가 멈추면 **재시작하기 전에** 아래 순서를 따릅니다.\n\n## 배치 상태 확인\n\n1. 상태를 봅니다:\n\n    ```bash\n    kubectl get pods -l app=settlement\n    ```\n\n!!! danger \"지급 중에는 재시작 금지\"\n    01:00부터 01:30까지는 지급 파일을 만드는 시간입니다.\n\n## 연락처\n\n| 누구 | 언제 | 어디 |\n|---|---|---|\n| 결제팀 | 항상 | #payments |\n| 데이터 플랫폼 | 평일 | #data |\n";

const PAGES: [(&str, &str, &str); 4] = [
    ("index.md", "Home", HOME),
    ("runbooks/incident.md", "Incident Response", INCIDENT),
    ("runbooks/settlement.md", "정산 장애 대응", KOREAN),
    ("empty.md", "Changelog", ""),
];

/// The documentation of the payment service.
pub(crate) fn set() -> DocSet {
    let page = |(path, title, text): (&str, &str, &str)| SitePage {
        path: path.into(),
        file: format!("docs/{path}"),
        title: title.into(),
        oid: String::new(),
        size: text.len() as u64,
        skipped: None,
    };
    let node = |level, title: &str, target| NavNode {
        title: title.into(),
        level,
        target,
    };
    let to = |path: &str| NavTarget::Page(path.into());
    DocSet {
        entity_ref: "component:default/payment-service".into(),
        source: SOURCE.into(),
        site: Site {
            name: "Payment Service".into(),
            nav: vec![
                node(0, "Home", to("index.md")),
                node(0, "Runbooks", NavTarget::Section),
                node(1, "Incident Response", to("runbooks/incident.md")),
                node(1, "정산 장애 대응", to("runbooks/settlement.md")),
                node(
                    1,
                    "Scaling",
                    NavTarget::Missing("runbooks/scaling.md".into()),
                ),
                node(
                    0,
                    "Status page",
                    NavTarget::Url("https://status.my-org.example".into()),
                ),
                node(0, "Changelog", to("empty.md")),
            ],
            pages: PAGES.map(page).to_vec(),
            ..Site::default()
        },
        start: Some("index.md".into()),
        fetched_at: 1_767_236_400 - 720,
        problem: None,
        runbooks: vec![
            Runbook {
                title: "Incident Response".into(),
                target: RunbookTarget::Page("runbooks/incident.md".into()),
            },
            Runbook {
                title: "정산 장애 대응".into(),
                target: RunbookTarget::Page("runbooks/settlement.md".into()),
            },
            Runbook {
                title: "Wiki".into(),
                target: RunbookTarget::Url("https://wiki.my-org.example/runbooks".into()),
            },
        ],
    }
}

fn laid_out(path: &str, view: &PageView) -> Output {
    let Some((path, title, text)) = PAGES.into_iter().find(|(known, ..)| *known == path) else {
        return Output::NoDoc(format!("{path} is not in the cache; R fetches it"));
    };
    let document = markdown::parse(text, Limits::default(), &mut NoSnippets);
    let text = DocText {
        source: SOURCE.into(),
        path: path.into(),
        title: title.into(),
        text: text.into(),
        fetched_at: 1_767_236_400 - 720,
        document,
    };
    lay(Arc::new(text), view)
}

fn lay(text: Arc<DocText>, view: &PageView) -> Output {
    let page = markdown::layout(&text.document, view.columns, &view.options());
    Output::Doc(LaidOut {
        text,
        page: Arc::new(page),
        view: view.clone(),
        painted: true,
    })
}

/// What the docs lane would answer.
pub(crate) fn answer(job: &Job) -> Vec<Output> {
    match job {
        Job::OpenDocs {
            entity_ref,
            goal,
            view,
        } => {
            let mut set = set();
            if *entity_ref != set.entity_ref {
                let urls = entity_ref.ends_with("/payment-gateway");
                let wiki = "https://wiki.my-org.example/gateway";
                return vec![Output::Docs(Err(NoDocs {
                    message: match goal {
                        DocsGoal::Runbook => crate::app::NO_RUNBOOK.into(),
                        _ => "No documentation".into(),
                    },
                    addresses: (urls && *goal == DocsGoal::Runbook)
                        .then(|| ("Gateway runbook".into(), wiki.into()))
                        .into_iter()
                        .collect(),
                }))];
            }
            let path = match goal {
                DocsGoal::Start => "index.md".to_owned(),
                DocsGoal::Runbook => "runbooks/incident.md".to_owned(),
                DocsGoal::Page { path, .. } => path.clone(),
            };
            set.problem = None;
            vec![Output::Docs(Ok(Arc::new(set))), laid_out(&path, view)]
        }
        Job::LoadDoc { path, view, .. } => vec![laid_out(path, view)],
        Job::LayDoc { text, view } => vec![lay(Arc::clone(text), view)],
        Job::ListDocs(_) => vec![Output::DocList(Arc::new(listed()))],
        Job::FilterDocs { all, line } => {
            let fits = |index: &usize| {
                all[*index]
                    .name
                    .to_lowercase()
                    .contains(&line.to_lowercase())
            };
            vec![Output::DocMatches((0..all.len()).filter(fits).collect())]
        }
        Job::SearchDocs { question } => vec![Output::DocsFound(found(question))],
        _ => Vec::new(),
    }
}

fn listed() -> Vec<DocListed> {
    let one = |name: &str, title: &str, readable, problem: &str| DocListed {
        entity_ref: format!("component:default/{name}"),
        name: title.into(),
        owner: "payments-team".into(),
        readable,
        problem: problem.into(),
    };
    vec![
        one("checkout-web", "Checkout 🛒", true, "GitHub answered 502"),
        one("payment-service", "Payment Service", true, ""),
        one(
            "settlement",
            "결제 정산 서비스",
            false,
            "mkdocs.yml: docs_dir is not a folder",
        ),
    ]
}

fn found(question: &str) -> Vec<DocFound> {
    if !question.starts_with("pool") {
        return Vec::new();
    }
    let one = |path: &str, title: &str, line, heading: &str, pieces: &[(&str, bool)]| DocFound {
        source: SOURCE.into(),
        entity_ref: "component:default/payment-service".into(),
        others: 0,
        path: path.into(),
        title: title.into(),
        line,
        heading: heading.into(),
        snippet: pieces
            .iter()
            .map(|(text, hit)| ((*text).into(), *hit))
            .collect(),
    };
    vec![
        one(
            "runbooks/incident.md",
            "Incident Response",
            Some(20),
            "Pool saturated",
            &[("Pool", true), (" saturated", false)],
        ),
        one(
            "index.md",
            "Home",
            Some(3),
            "Payment service",
            &[
                ("Takes payments. See the runbook and its ", false),
                ("pool", true),
            ],
        ),
    ]
}
