//! What an edit of a large form costs: sixty fields, some of which come and go with the answers, and lists among them.

use std::hint::black_box;

use callboard::form::{FieldPath, Form, Msg};
use criterion::{Criterion, criterion_group, criterion_main};
use serde_json::{Map, Value, json};

/// One page with `count` fields, of which some hang on others.
fn parameters(count: usize) -> Value {
    let mut properties = Map::new();
    for n in 0..count {
        let field = match n % 6 {
            0 => {
                json!({"type": "string", "title": "Name", "pattern": "^[a-z0-9-]+$", "maxLength": 63})
            }
            1 => json!({"type": "integer", "minimum": 1, "maximum": 65535, "default": 8080}),
            2 => json!({"type": "string", "enum": ["dev", "stage", "prod"], "default": "dev"}),
            3 => json!({"type": "boolean", "default": true}),
            4 => json!({"type": "string", "ui:field": "OwnerPicker"}),
            _ => {
                json!({"type": "array", "items": {"type": "object", "properties": {"key": {"type": "string"}, "value": {"type": "string"}}}, "default": [{"key": "a", "value": "b"}]})
            }
        };
        properties.insert(format!("f{n}"), field);
    }
    let mut conditions = Vec::new();
    let mut dependencies = Map::new();
    for n in (0..count).filter(|n| n % 6 == 2) {
        let name = format!("f{n}");
        conditions.push(json!({
            "if": {"properties": {name.clone(): {"const": "prod"}}, "required": [name.clone()]},
            "then": {"properties": {format!("approver{n}"): {"type": "string"}}},
        }));
        let branch = |value: &str| json!({"properties": {name.clone(): {"enum": [value]}, format!("{value}{n}"): {"type": "string", "default": value}}});
        dependencies.insert(
            name.clone(),
            json!({"oneOf": [branch("dev"), branch("stage"), branch("prod")]}),
        );
    }
    json!({"properties": properties, "allOf": conditions, "dependencies": dependencies, "required": ["f0"]})
}

fn form(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("form");
    for count in [10, 60, 500] {
        let parameters = parameters(count);
        group.bench_function(format!("open {count} fields"), |bencher| {
            bencher.iter(|| Form::new(black_box(&parameters), Map::new()));
        });
        let mut form = Form::new(&parameters, Map::new()).unwrap();
        let path = FieldPath::of("f0");
        let mut long = false;
        group.bench_function(format!("type in {count} fields"), |bencher| {
            bencher.iter(|| {
                long = !long;
                let text = if long { "orders" } else { "order" }.to_owned();
                form.update(Msg::Text {
                    path: path.clone(),
                    text,
                })
            });
        });
        let path = FieldPath::of("f2");
        let mut option = 0;
        group.bench_function(
            format!("change what is shown in {count} fields"),
            |bencher| {
                bencher.iter(|| {
                    option = (option + 1) % 3;
                    form.update(Msg::Pick {
                        path: path.clone(),
                        option,
                    })
                });
            },
        );
        group.bench_function(format!("try to go on in {count} fields"), |bencher| {
            bencher.iter(|| black_box(form.blockers()));
        });
    }
    group.finish();
}

criterion_group!(benches, form);
criterion_main!(benches);
