//! `roadiehq:utils:jsonata`: evaluates a JSONata expression.

use jlens_core::{Bindings, CancelToken, Error, Expression, Options};
use serde_json::{Value, json};

use super::fetch_template::blocking;
use crate::scaffolder::action::{Action, Example, Outcome, StepContext};
use crate::scaffolder::error::{ActionError, ActionErrorKind};

/// Steps of one evaluation, counted so that the same expression always ends the same way.
const STEPS: u64 = 10_000_000;
/// Bytes of a text or of the result, and items of a list.
const BYTES: usize = 16 << 20;
const ITEMS: usize = 1_000_000;
/// How deep an evaluation goes.
const DEPTH: usize = 5_000;

/// The action.
pub struct RoadieJsonata;

impl Action for RoadieJsonata {
    fn id(&self) -> &'static str {
        "roadiehq:utils:jsonata"
    }

    fn description(&self) -> &'static str {
        "Evaluates a JSONata expression on a value and puts out the result"
    }

    fn input_schema(&self) -> Value {
        json!({
            "type": "object",
            "required": ["expression"],
            "properties": {
                "data": {"description": "The value"},
                "expression": {"type": "string", "description": "The expression"}
            },
            "additionalProperties": false,
            "$schema": "http://json-schema.org/draft-07/schema#"
        })
    }

    fn output_schema(&self) -> Value {
        json!({
            "type": "object",
            "properties": {"result": {"type": "object", "additionalProperties": {}, "description": "What the expression gives"}},
            "$schema": "http://json-schema.org/draft-07/schema#"
        })
    }

    fn examples(&self) -> &'static [Example] {
        &[Example {
            description: "Turn a list into a mapping",
            example: "steps:\n  - id: ports\n    name: Name the ports\n    action: roadiehq:utils:jsonata\n    input:\n      data:\n        ports:\n          - name: http\n            number: 8080\n      expression: ports{name: number}\n",
        }]
    }

    fn supports_dry_run(&self) -> bool {
        true
    }

    fn run<'a>(&'a self, step: &'a mut StepContext<'_>) -> Outcome<'a> {
        Box::pin(async move {
            let expression = step.text("expression").unwrap_or_default().to_owned();
            let data = step.input.get("data").cloned();
            let stop = CancelToken::new();
            let token = stop.clone();
            let work = blocking(move || evaluate(&expression, data.as_ref(), token));
            let result = tokio::select! {
                result = work => result?,
                () = step.cancel.cancelled() => {
                    stop.cancel();
                    return Err(ActionError::cancelled());
                }
            };
            // Nothing, where the expression gives nothing.
            if let Some(result) = result {
                step.output("result", result);
            }
            Ok(())
        })
    }
}

/// What an expression gives; none where that is JSONata's nothing.
fn evaluate(
    expression: &str,
    data: Option<&Value>,
    stop: CancelToken,
) -> Result<Option<Value>, ActionError> {
    let options = Options::new()
        .max_steps(STEPS)
        .max_depth(DEPTH)
        .max_string_length(BYTES)
        .max_array_length(ITEMS)
        .max_result_size(BYTES)
        .cancel_token(stop);
    Expression::compile(expression)
        .and_then(|compiled| compiled.evaluate_with(data, &Bindings::new(), &options))
        .map_err(|error| failure(&error))
}

fn failure(error: &Error) -> ActionError {
    let kind = match error.code() {
        "D1011" | "D1012" | "U1001" | "U1006" => ActionErrorKind::Limit,
        "U1003" => return ActionError::cancelled(),
        _ => ActionErrorKind::Input,
    };
    let place = error
        .position()
        .map_or_else(String::new, |at| format!(" at character {at}"));
    ActionError::new(
        kind,
        format!(
            "The JSONata expression fails{place}: {} ({})",
            error.message(),
            error.code()
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaffolder::stage::Stage;

    async fn result(data: Value, expression: &str) -> Result<Option<Value>, ActionError> {
        let input = json!({"data": data, "expression": expression});
        let mut out = Stage::new().run(&RoadieJsonata, input).await?;
        Ok(out.remove("result"))
    }

    #[tokio::test]
    async fn an_expression_is_evaluated_on_the_data() {
        let data = json!({"hello": ["world"], "items": [{"n": "a", "v": 1}, {"n": "b", "v": 2}]});
        for (expression, wanted) in [
            (
                "$ ~> | $ | {\"hello\": [hello, \"again\"]}|",
                json!({"hello": ["world", "again"], "items": data["items"]}),
            ),
            ("items{n: v}", json!({"a": 1, "b": 2})),
            ("$sum(items.v)", json!(3)),
            ("items[v > 1].n", json!("b")),
            (
                "$map(items, function($i) { $uppercase($i.n) })",
                json!(["A", "B"]),
            ),
            (
                "$merge([{\"x\": 1}, {\"y\": $string(2)}])",
                json!({"x": 1, "y": "2"}),
            ),
        ] {
            assert_eq!(
                result(data.clone(), expression).await.unwrap(),
                Some(wanted),
                "{expression}"
            );
        }
        assert_eq!(result(data, "nope.at.all").await.unwrap(), None);
    }

    #[tokio::test]
    async fn what_is_wrong_with_an_expression_is_said() {
        let error = result(json!({}), "a[").await.unwrap_err();
        assert_eq!(error.kind, ActionErrorKind::Input);
        assert!(
            error
                .message
                .starts_with("The JSONata expression fails at character"),
            "{error}"
        );
        assert!(result(json!({}), "1 + 'x'").await.is_err());
    }

    #[tokio::test]
    async fn an_expression_that_does_not_end_is_stopped() {
        for expression in [
            "($f := function($n) { $f($n + 1) }; $f(0))",
            "($f := function($n) { 1 + $f($n + 1) }; $f(0))",
            "$map([1..100000], function($i) { $map([1..100000], function($j) { $i + $j }) })",
            "$reduce([1..64], function($a, $b) { $a & $a }, 'xxxxxxxx')",
        ] {
            let error = result(json!({}), expression).await.unwrap_err();
            assert_eq!(error.kind, ActionErrorKind::Limit, "{expression}: {error}");
        }
    }
}
