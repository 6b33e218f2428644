//! Which task an id on the command line stands for.

use crate::cli::{CliError, Context, Exit};
use crate::store::Tasks;
use crate::store::tasks::TaskRecord;
use crate::text;

/// How many candidates are listed.
const LISTED: usize = 10;
/// How much of an id is shown where it need not be whole.
const SHORT: usize = 8;

/// The beginning of an id, as lists show it.
pub(super) fn short(id: &str) -> &str {
    id.get(..SHORT).unwrap_or(id)
}

/// The tasks of the context, and the one that an id or its beginning stands for.
///
/// # Errors
/// [`Exit::NotFound`] with the nearest ids, [`Exit::Ambiguous`] with the candidates; what the store says.
pub(super) fn find(wanted: &str, context: &Context) -> Result<(Tasks, TaskRecord), CliError> {
    let tasks = Tasks::open_existing(&context.paths()?.state_dir)?;
    let wanted = wanted.trim();
    let Some(tasks) = tasks.filter(|_| !wanted.is_empty()) else {
        return Err(unknown(wanted, &[]));
    };
    let ids = tasks.ids(wanted)?;
    match ids.as_slice() {
        [] => Err(unknown(wanted, &tasks.ids("")?)),
        [id] => {
            let task = tasks.task(id)?;
            task.map(|task| (tasks, task))
                .ok_or_else(|| unknown(wanted, &[]))
        }
        several => {
            let mut message = format!("{} tasks begin with \"{wanted}\":", several.len());
            for id in several.iter().take(LISTED) {
                let title = tasks.task(id)?.map(|task| task.title).unwrap_or_default();
                message.push_str(&format!("\n  {id}  {}", text::clean(&title)));
            }
            if several.len() > LISTED {
                message.push_str(&format!("\n  and {} more", several.len() - LISTED));
            }
            Err(CliError::new(Exit::Ambiguous, message).hint("give more of the id"))
        }
    }
}

fn unknown(wanted: &str, ids: &[String]) -> CliError {
    let error = CliError::new(
        Exit::NotFound,
        format!("there is no task \"{}\"", text::clean(wanted)),
    );
    // Compared with as much of each id as was given.
    let cut = |id: &String| id.chars().take(wanted.chars().count()).collect::<String>();
    let beginnings: Vec<String> = ids.iter().map(cut).collect();
    let near = text::nearest(wanted, beginnings.iter().map(String::as_str));
    let near = near.and_then(|near| ids.iter().find(|id| id.starts_with(near)));
    match near {
        Some(id) => error.hint(format!("did you mean {}?", short(id))),
        None => error.hint("`callboard task list` shows those there are"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_in_the_beginning_of_an_id_is_found() {
        let ids = [
            "0b1c2d3e-0000-4000-8000-000000000001".to_owned(),
            "ffffffff-0000-4000-8000-000000000001".to_owned(),
        ];
        let error = unknown("0b1d2d3e", &ids);
        assert_eq!(error.exit, Exit::NotFound);
        assert_eq!(error.hint.as_deref(), Some("did you mean 0b1c2d3e?"));
        let error = unknown("123456789", &ids);
        assert!(error.hint.unwrap().contains("task list"));
    }
}
