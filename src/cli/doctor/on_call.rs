//! What `doctor` says of those who know who is on call: the PagerDuty accounts and the rota file. Asks no network.

use super::{Report, Status};
use crate::cli::{Context, who};
use crate::oncall::{Account, Rota};

const SECTION: &str = "On call";

/// Adds what is configured; nothing where nothing is.
pub fn check(report: &mut Report, context: &Context) {
    // A configuration that cannot be read is told elsewhere.
    let Ok(sources) = who::sources(context) else {
        return;
    };
    for account in &sources.accounts {
        let name = match &account.name {
            Some(name) => format!("PagerDuty {name}"),
            None => "PagerDuty".to_owned(),
        };
        let (status, value, hint) = access(account);
        report.add(SECTION, &name, status, value, hint);
    }
    if let Some(file) = &sources.rota {
        match Rota::read(file) {
            Ok(rota) => report.fact(
                SECTION,
                "rota",
                format!("{} ({})", file.display(), rotas(rota.len())),
            ),
            Err(error) => report.add(
                SECTION,
                "rota",
                Status::Error,
                error.to_string(),
                Some("correct the file, or callboard.oncall.rota"),
            ),
        }
    }
}

fn access(account: &Account) -> (Status, String, Option<&'static str>) {
    match account.address() {
        Ok(address) => (Status::Ok, format!("a token for {address}"), None),
        Err(error) => (Status::Error, error.to_string(), error.hint()),
    }
}

fn rotas(count: usize) -> String {
    match count {
        1 => "1 rota".to_owned(),
        n => format!("{n} rotas"),
    }
}
