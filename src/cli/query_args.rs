//! `callboard search pay -tag:legacy --limit 3`: a query's words may begin with `-`, which to a command-line
//! parser are flags. Before the parser sees the arguments, what belongs to the query is moved behind `--`.

use std::ffi::OsString;

use clap::{ArgAction, Command};

/// Moves the words of a `search` query behind `--`; other command lines are returned as they are.
///
/// Flags that `search` knows stay flags wherever they stand; everything else, whatever it begins with, is a word
/// of the query. After a `--` of the user's own everything is.
pub fn separate(args: Vec<OsString>, root: &Command) -> Vec<OsString> {
    let Some(search) = root.find_subcommand("search") else {
        return args;
    };
    let Some(at) = position_of_command(&args, root)
        .filter(|&at| args.get(at).is_some_and(|arg| arg == "search"))
    else {
        return args;
    };
    let (mut kept, mut words) = (Vec::new(), Vec::new());
    let mut rest = args.into_iter();
    kept.extend(rest.by_ref().take(at + 1));
    while let Some(arg) = rest.next() {
        if arg == "--" {
            words.extend(rest.by_ref());
        } else {
            match flag(&arg, &[search, root]) {
                Some(Flag::Alone) => kept.push(arg),
                Some(Flag::WithValue) => {
                    kept.push(arg);
                    kept.extend(rest.next());
                }
                None => words.push(arg),
            }
        }
    }
    if !words.is_empty() {
        kept.push("--".into());
        kept.append(&mut words);
    }
    kept
}

/// Where the command stands: the first argument that is neither the program, a global flag nor its value.
fn position_of_command(args: &[OsString], root: &Command) -> Option<usize> {
    let mut at = 1;
    loop {
        match flag(args.get(at)?, &[root]) {
            Some(Flag::Alone) => at += 1,
            Some(Flag::WithValue) => at += 2,
            None => return Some(at),
        }
    }
}

enum Flag {
    /// Takes no value, or carries it: `--limit=3`.
    Alone,
    /// Its value is the next argument.
    WithValue,
}

/// What flag of one of `commands` an argument is, if any. Short flags count only whole (`-o`, `-vv`): `-vip` is a
/// word.
fn flag(arg: &OsString, commands: &[&Command]) -> Option<Flag> {
    let text = arg.to_str()?;
    let kind = |action: &ArgAction, inline: bool| {
        if action.takes_values() && !inline {
            Flag::WithValue
        } else {
            Flag::Alone
        }
    };
    if let Some(long) = text.strip_prefix("--") {
        let (name, inline) = match long.split_once('=') {
            Some((name, _)) => (name, true),
            None => (long, false),
        };
        if name == "help" {
            return Some(Flag::Alone);
        }
        return commands
            .iter()
            .flat_map(|command| command.get_arguments())
            .find(|known| known.get_long() == Some(name))
            .map(|known| kind(known.get_action(), inline));
    }
    let short = text.strip_prefix('-')?;
    let first = short.chars().next()?;
    if short == "h" {
        return Some(Flag::Alone);
    }
    commands
        .iter()
        .flat_map(|command| command.get_arguments())
        .find(|known| known.get_short() == Some(first))
        .filter(|known| {
            short.chars().count() == 1
                || (matches!(known.get_action(), ArgAction::Count)
                    && short.chars().all(|c| c == first))
        })
        .map(|known| kind(known.get_action(), false))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Arg;

    fn root() -> Command {
        let global = |name: &'static str| Arg::new(name).long(name).global(true);
        Command::new("callboard")
            .arg(global("cache-dir"))
            .arg(global("offline").action(ArgAction::SetTrue))
            .arg(global("verbose").short('v').action(ArgAction::Count))
            .arg(Arg::new("entity"))
            .subcommand(
                Command::new("search")
                    .arg(Arg::new("limit").long("limit"))
                    .arg(Arg::new("output").long("output").short('o'))
                    .arg(Arg::new("query").num_args(0..)),
            )
            .subcommand(Command::new("list").arg(Arg::new("query").long("query")))
    }

    fn separated(line: &str) -> String {
        let args = line.split(' ').map(OsString::from).collect();
        separate(args, &root())
            .iter()
            .map(|arg| arg.to_string_lossy())
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn words_that_begin_with_a_dash_belong_to_the_query() {
        assert_eq!(
            separated("callboard search pay -tag:legacy"),
            "callboard search -- pay -tag:legacy"
        );
        assert_eq!(
            separated("callboard search -x --y"),
            "callboard search -- -x --y"
        );
        assert_eq!(
            separated("callboard search -vip"),
            "callboard search -- -vip"
        );
    }

    #[test]
    fn flags_stay_flags_on_either_side_of_the_query() {
        assert_eq!(
            separated("callboard search pay -tag:x --limit 3 -o json -vv"),
            "callboard search --limit 3 -o json -vv -- pay -tag:x"
        );
        assert_eq!(
            separated("callboard --cache-dir search search --limit=3 pay"),
            "callboard --cache-dir search search --limit=3 -- pay"
        );
    }

    #[test]
    fn after_two_dashes_everything_is_the_query() {
        assert_eq!(
            separated("callboard search --offline -- --limit 3"),
            "callboard search --offline -- --limit 3"
        );
    }

    #[test]
    fn other_commands_are_left_alone() {
        for line in [
            "callboard list --query -x",
            "callboard pay search",
            "callboard",
            "callboard -v",
        ] {
            assert_eq!(separated(line), line);
        }
    }

    #[test]
    fn a_flag_without_its_value_is_left_for_the_parser_to_refuse() {
        assert_eq!(
            separated("callboard search pay --limit"),
            "callboard search --limit -- pay"
        );
    }
}
