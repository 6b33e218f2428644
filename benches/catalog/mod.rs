//! A catalog of any size for benchmarks: the same rows for the same number, of about the sizes of real ones.

use callboard::catalog::{RowInput, Snapshot};

const WORDS: [&str; 48] = [
    "payment", "order", "checkout", "ledger", "invoice", "refund", "tax", "wallet", "rate",
    "audit", "report", "search", "catalog", "stock", "price", "cart", "user", "session", "token",
    "mail", "push", "image", "link", "message", "event", "stream", "batch", "cache", "queue",
    "gateway", "worker", "api", "web", "mobile", "partner", "merchant", "risk", "fraud", "score",
    "model", "data", "export", "import", "sync", "track", "route", "map", "shipping",
];
const VERBS: [&str; 8] = [
    "Reconciles",
    "Orchestrates",
    "Validates",
    "Publishes",
    "Collects",
    "Renders",
    "Stores",
    "Forwards",
];
const TAGS: [&str; 12] = [
    "java", "go", "python", "rust", "critical", "legacy", "kafka", "postgres", "grpc", "batch",
    "frontend", "ml",
];
const KINDS: [(&str, &str); 8] = [
    ("Component", "service"),
    ("Component", "website"),
    ("Component", "library"),
    ("Component", "service"),
    ("API", "openapi"),
    ("Resource", "database"),
    ("System", ""),
    ("User", ""),
];

/// Numbers that look random and are the same every time.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: usize) -> usize {
        // xorshift64*, by Vigna.
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % below
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.next(from.len())]
    }
}

fn capital(word: &str) -> String {
    word[..1].to_uppercase() + &word[1..]
}

/// So many rows, with relations both ways.
pub fn rows(count: usize) -> Vec<RowInput> {
    let mut numbers = Numbers(0x5eed);
    let mut rows: Vec<RowInput> = (0..count)
        .map(|n| {
            let (kind, spec_type) = KINDS[numbers.next(KINDS.len())];
            let (a, b) = (numbers.pick(&WORDS), numbers.pick(&WORDS));
            let name = format!("{a}-{b}-{n}");
            let mut title = format!("{} {}", capital(a), capital(b));
            if n % 90 == 0 {
                title.push_str(" 결제 서비스");
            }
            let mut tags: Vec<&str> = (0..numbers.next(4)).map(|_| numbers.pick(&TAGS)).collect();
            tags.sort_unstable();
            let description = format!(
                "{} {} {}s for the {} flow. {} the {} {} and keeps a trail.",
                numbers.pick(&VERBS),
                numbers.pick(&WORDS),
                numbers.pick(&WORDS),
                numbers.pick(&WORDS),
                numbers.pick(&VERBS),
                numbers.pick(&WORDS),
                numbers.pick(&WORDS),
            );
            let team = numbers.next(count / 40 + 1);
            RowInput {
                entity_ref: format!("{}:default/{name}", kind.to_lowercase()),
                kind: kind.into(),
                namespace: "default".into(),
                name,
                title,
                description: if n % 5 == 0 {
                    String::new()
                } else {
                    description
                },
                owner: format!("group:default/team-{team}"),
                spec_type: spec_type.into(),
                lifecycle: if spec_type.is_empty() {
                    ""
                } else {
                    "production"
                }
                .into(),
                system: format!("system:default/system-{}", team / 3),
                tags: tags.join(" "),
                relations: vec![("ownedBy".into(), format!("group:default/team-{team}"))],
                ..RowInput::default()
            }
        })
        .collect();
    for n in 0..count {
        for _ in 0..2 {
            let other = numbers.next(count);
            let (from, to) = (rows[n].entity_ref.clone(), rows[other].entity_ref.clone());
            rows[n].relations.push(("dependsOn".into(), to));
            rows[other].relations.push(("dependencyOf".into(), from));
        }
    }
    for row in &mut rows {
        row.relations.sort();
    }
    rows
}

/// The snapshot of so many rows.
pub fn snapshot(count: usize) -> Snapshot {
    Snapshot::build(rows(count), 1)
}
