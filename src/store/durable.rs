//! Databases that must not be lost: how one is opened, and how its format goes on from version to version.
//!
//! Such a database is never rebuilt from somewhere else. A damaged one is set aside (and kept) and a fresh one begun,
//! with a notice; one of a newer format is refused, because writing to it could lose what a newer callboard put there.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};

use super::{StoreError, files};

/// How long another process's writing is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// Opens a database, making it and its folder where they are missing, and brings it up to date: each migration is one
/// step of its format. The second value is one line to show where a damaged one was set aside.
pub(super) fn open(
    path: &Path,
    migrations: &[&str],
) -> Result<(Connection, Option<String>), StoreError> {
    files::ensure_folder(path.parent().unwrap_or(Path::new(".")))?;
    match open_file(path, migrations) {
        Err(error) if error.is_damage() => {
            let aside = files::set_aside(path, "damaged")?;
            let notice = format!(
                "{error}; it was kept as {} and a new one begun",
                aside.display()
            );
            Ok((open_file(path, migrations)?, Some(notice)))
        }
        other => other.map(|connection| (connection, None)),
    }
}

fn open_file(path: &Path, migrations: &[&str]) -> Result<Connection, StoreError> {
    files::touch_private(path)?;
    let sql = StoreError::sql(path);
    let mut connection = Connection::open(path).map_err(&sql)?;
    connection.busy_timeout(PATIENCE).map_err(&sql)?;
    let journal = if files::file_system(path).network {
        "DELETE"
    } else {
        "WAL"
    };
    connection
        .pragma_update(None, "journal_mode", journal)
        .map_err(&sql)?;
    // Unlike the cache, this must survive a power cut.
    connection
        .pragma_update(None, "synchronous", "FULL")
        .map_err(&sql)?;
    let known = migrations.len() as i64;
    // Whoever only reads takes no lock that a writer has to wait for.
    if version(&connection).map_err(&sql)? == known {
        return Ok(connection);
    }
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(&sql)?;
    let found = version(&transaction).map_err(&sql)?;
    if found > known {
        return Err(StoreError::NewerFormat {
            path: path.to_owned(),
            found,
            known,
        });
    }
    let done = usize::try_from(found).unwrap_or(0);
    for step in migrations.iter().skip(done) {
        transaction.execute_batch(step).map_err(&sql)?;
    }
    if found != known {
        transaction
            .pragma_update(None, "user_version", known)
            .map_err(&sql)?;
    }
    transaction.commit().map_err(&sql)?;
    Ok(connection)
}

fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}
