//! A tree as nested JSON, written line by line: neither its depth nor its size is held in memory or on the stack.

use serde_json::{Value, json};

use super::outline::{Mark, Outline, OutlineLine, Subject};
use crate::app::impact::{Hands, Impact};
use crate::catalog::Snapshot;
use crate::catalog::graph::{Step, Target, missing_parent};
use crate::cli::{CliError, Output};
use crate::text;

/// Levels that are indented; deeper ones stand where these do, since indentation of a long chain is most of it.
const MOST_INDENTED: u32 = 40;

/// The tree of one entity, with the blast radius in figures where it is one.
///
/// # Errors
/// What standard output says.
pub fn tree(
    outline: &Outline<'_>,
    impact: Option<&Impact>,
    out: &mut Output,
) -> Result<(), CliError> {
    let mut writer = Writer {
        outline,
        impact,
        open: Vec::new(),
        base: 0,
    };
    writer.nodes(out)?;
    out.text("\n")
}

/// All trees of the catalog: an array.
///
/// # Errors
/// What standard output says.
pub fn forest(outline: &Outline<'_>, out: &mut Output) -> Result<(), CliError> {
    if outline.lines().is_empty() {
        return out.line("[]");
    }
    let mut writer = Writer {
        outline,
        impact: None,
        open: Vec::new(),
        base: 1,
    };
    out.text("[\n")?;
    writer.nodes(out)?;
    out.text("\n]\n")
}

/// The steps of a chain.
///
/// # Errors
/// What standard output says.
pub fn path(
    steps: Option<&[Step<'_>]>,
    snapshot: &Snapshot,
    out: &mut Output,
) -> Result<(), CliError> {
    let steps = steps.map(|steps| {
        let step = |step: &Step<'_>| {
            let entity_ref = snapshot.entity_ref(step.row);
            match step.relation {
                Some(relation) => json!({"ref": entity_ref, "relation": relation}),
                None => json!({"ref": entity_ref}),
            }
        };
        steps.iter().map(step).collect::<Vec<Value>>()
    });
    out.json(&json!({ "path": steps }))
}

struct Writer<'o, 'a> {
    outline: &'o Outline<'a>,
    impact: Option<&'o Impact>,
    /// Of each node whose children are being written, whether it has any yet.
    open: Vec<bool>,
    /// Levels around the trees.
    base: u32,
}

impl Writer<'_, '_> {
    fn nodes(&mut self, out: &mut Output) -> Result<(), CliError> {
        for (at, line) in self.outline.lines().iter().enumerate() {
            self.close(line.depth as usize, out)?;
            match self.open.last_mut() {
                Some(has_children) => {
                    out.text(if std::mem::replace(has_children, true) {
                        ",\n"
                    } else {
                        "\n"
                    })?;
                }
                None if at > 0 => out.text(",\n")?,
                None => {}
            }
            self.indent(out)?;
            let impact = self.impact.filter(|_| at == 0);
            let head = head(line, self.outline.snapshot(), impact);
            out.text(&text::json_escape(&head))?;
            self.open.push(false);
        }
        self.close(0, out)
    }

    /// Ends the nodes below `depth`.
    fn close(&mut self, depth: usize, out: &mut Output) -> Result<(), CliError> {
        while self.open.len() > depth {
            if self.open.pop() == Some(true) {
                out.text("\n")?;
                self.indent(out)?;
            }
            out.text("]}")?;
        }
        Ok(())
    }

    fn indent(&self, out: &mut Output) -> Result<(), CliError> {
        let depth = (self.open.len() as u32).min(MOST_INDENTED) + self.base;
        (0..depth).try_for_each(|_| out.text("  "))
    }
}

/// A node up to its children.
fn head(line: &OutlineLine<'_>, snapshot: &Snapshot, impact: Option<&Impact>) -> String {
    let string = |text: &str| Value::from(text).to_string();
    let mut head = match line.subject {
        Subject::Entity(target) => {
            format!("{{\"ref\": {}", string(target.entity_ref(snapshot)))
        }
        Subject::Heading(heading) => format!("{{\"heading\": {}", string(heading.title())),
    };
    if let Some(relation) = line.relation {
        head.push_str(&format!(", \"relation\": {}", string(relation)));
    }
    head.push_str(match line.mark {
        Some(Mark::Cycle) => ", \"cycle\": true",
        Some(Mark::Missing) => ", \"missing\": true",
        Some(Mark::ShownAbove | Mark::ShownBelow) => ", \"repeated\": true",
        Some(Mark::ParentMissing) | None => "",
    });
    if let Subject::Entity(Target::Row(id)) = line.subject {
        let parent = (line.mark == Some(Mark::ParentMissing)).then(|| missing_parent(snapshot, id));
        if let Some(parent) = parent.flatten() {
            head.push_str(&format!(", \"parentMissing\": {}", string(parent)));
        }
        let flags = snapshot.flags(id);
        if flags.invalid || flags.unserved {
            head.push_str(", \"invalid\": true");
        }
    }
    if let Some(impact) = impact {
        head.push_str(&format!(", \"summary\": {}", summary(impact)));
    }
    head.push_str(", \"children\": [");
    head
}

/// What may break, in figures.
pub fn summary(impact: &Impact) -> Value {
    let by_owner = impact.teams.iter().filter_map(|team| {
        let (owner, known) = match &team.hands {
            Hands::Owner(owner, known) => (Some(owner), *known),
            Hands::Nobody => (None, true),
            Hands::Unknown => return None,
        };
        let mut entry = json!({"ref": owner, "count": team.count});
        let fields = entry.as_object_mut()?;
        if !known {
            fields.insert("missing".to_owned(), true.into());
        }
        let reached = team.reached.as_ref();
        if let Some(reached) = reached.filter(|reached| !reached.contacts.is_empty()) {
            let contact = reached.contacts.join(", ");
            fields.insert("contact".to_owned(), contact.into());
            if let Some(group) = &reached.via {
                fields.insert("contactOf".to_owned(), group.as_str().into());
            }
        }
        Some(entry)
    });
    let mut summary = json!({
        "direct": impact.summary.direct,
        "indirect": impact.summary.indirect,
        "byKind": impact.summary.by_kind,
        "byOwner": by_owner.collect::<Vec<Value>>(),
    });
    let rare = [
        ("ownerUnknown", impact.summary.owner_unknown),
        ("missing", impact.summary.missing),
    ];
    if let Value::Object(summary) = &mut summary {
        for (key, count) in rare.into_iter().filter(|(_, count)| *count > 0) {
            summary.insert(key.to_owned(), count.into());
        }
    }
    summary
}
