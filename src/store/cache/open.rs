//! Opening the cache: making it, finding damage, setting aside what cannot be used, and reading a folder that
//! cannot be written.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rusqlite::{Connection, OpenFlags, OptionalExtension};

use super::{Cache, OpenMode, Opened};
use crate::store::{StoreError, docs, files};

/// The working database; its write-ahead log lies beside it.
const FILE: &str = "catalog.db";
/// A checkpointed copy for readers that cannot write the folder, replaced by rename.
const SHARED_FILE: &str = "catalog-shared.db";

/// The number of the tables below. The cache has no migrations: another number is rebuilt from the sources.
const FORMAT: i64 = 7;

const TABLES: &str = "
    CREATE TABLE meta (generation INTEGER NOT NULL);
    CREATE TABLE source (source TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE unit (
        id INTEGER PRIMARY KEY,
        source TEXT NOT NULL,
        unit TEXT NOT NULL,
        state TEXT NOT NULL,
        stale INTEGER NOT NULL DEFAULT 0,
        UNIQUE (source, unit)
    );
    CREATE TABLE file (
        id INTEGER PRIMARY KEY,
        unit INTEGER NOT NULL REFERENCES unit (id) ON DELETE CASCADE,
        location TEXT NOT NULL,
        origin TEXT NOT NULL,
        problems TEXT NOT NULL,
        refused TEXT NOT NULL,
        stale INTEGER NOT NULL DEFAULT 0
    );
    CREATE INDEX file_of_unit ON file (unit);
    CREATE TABLE entity (
        id INTEGER PRIMARY KEY,
        file INTEGER NOT NULL REFERENCES file (id) ON DELETE CASCADE,
        entity_ref TEXT NOT NULL,
        record TEXT NOT NULL
    );
    CREATE INDEX entity_of_file ON entity (file);
    CREATE INDEX entity_by_ref ON entity (entity_ref);
    CREATE TABLE http (
        key TEXT PRIMARY KEY,
        etag TEXT,
        last_modified TEXT,
        body BLOB NOT NULL,
        used INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE on_call (name TEXT PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID;
";

impl Cache {
    /// Opens the cache of a folder.
    ///
    /// To read and write, a missing one is made, and one that is damaged or of another format is set aside and
    /// begun anew, with a notice. To read only, nothing is changed; where the folder cannot be written, the copy
    /// that its owner published is opened as an unchanging file.
    ///
    /// # Errors
    /// [`StoreError::NoCache`] (reading, nothing there), [`StoreError::Damaged`], [`StoreError::NewerFormat`] and
    /// [`StoreError::OlderFormat`] (reading), [`StoreError::ReadOnly`] (writing), else [`StoreError::Io`] and [`StoreError::Database`].
    pub fn open(dir: &Path, mode: OpenMode) -> Result<Opened, StoreError> {
        match mode {
            OpenMode::ReadWrite => Self::open_to_write(dir),
            OpenMode::ReadOnly => Self::open_to_read(dir),
        }
    }

    fn open_to_write(dir: &Path) -> Result<Opened, StoreError> {
        files::ensure_folder(dir)?;
        if !files::is_writable(dir) {
            return Err(StoreError::ReadOnly { path: dir.into() });
        }
        let path = dir.join(FILE);
        let (why, error) = match Self::prepare(dir, &path) {
            Err(error @ StoreError::Damaged { .. }) => ("damaged", error),
            Err(error @ (StoreError::NewerFormat { .. } | StoreError::OlderFormat { .. })) => {
                ("other-format", error)
            }
            other => {
                return other.map(|cache| Opened {
                    cache,
                    notice: None,
                    shared: false,
                });
            }
        };
        let aside = files::set_aside(&path, why)?;
        Ok(Opened {
            cache: Self::prepare(dir, &path)?,
            notice: Some(format!(
                "{error}; it was set aside as {} and is being built again",
                aside.display()
            )),
            shared: false,
        })
    }

    fn prepare(dir: &Path, path: &Path) -> Result<Self, StoreError> {
        files::touch_private(path)?;
        let sql = StoreError::sql(path);
        let mut connection = connect(path)?;
        // WAL needs shared memory, which machines that share a file system do not have.
        let network = files::file_system(dir).network;
        let (journal, synchronous) = if network {
            ("DELETE", "FULL")
        } else {
            ("WAL", "NORMAL")
        };
        connection
            .pragma_update(None, "journal_mode", journal)
            .map_err(&sql)?;
        connection
            .pragma_update(None, "synchronous", synchronous)
            .map_err(&sql)?;
        connection
            .pragma_update(None, "foreign_keys", true)
            .map_err(&sql)?;
        let verdict: String = connection
            .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
            .map_err(&sql)?;
        if verdict != "ok" {
            return Err(StoreError::Damaged {
                path: path.to_owned(),
                reason: verdict,
            });
        }
        let transaction = connection
            .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
            .map_err(&sql)?;
        match check_format(&transaction, path)? {
            Format::Known => {}
            Format::Empty => {
                transaction.execute_batch(TABLES).map_err(&sql)?;
                transaction.execute_batch(docs::TABLES).map_err(&sql)?;
                transaction
                    .execute(
                        "INSERT INTO meta (generation) VALUES (?1)",
                        [first_generation()],
                    )
                    .map_err(&sql)?;
                transaction
                    .pragma_update(None, "user_version", FORMAT)
                    .map_err(&sql)?;
            }
        }
        transaction.commit().map_err(&sql)?;
        Ok(Self {
            dir: dir.to_owned(),
            path: path.to_owned(),
            connection,
        })
    }

    /// A second connection to the same database, for what is written beside a unit that is being read. Nothing is
    /// checked again.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn beside(&self) -> Result<Self, StoreError> {
        Ok(Self {
            dir: self.dir.clone(),
            path: self.path.clone(),
            connection: connect(&self.path)?,
        })
    }

    fn open_to_read(dir: &Path) -> Result<Opened, StoreError> {
        let working = dir.join(FILE);
        let published = dir.join(SHARED_FILE);
        // A reader of a write-ahead log must be able to write beside it; who cannot takes the published copy.
        let shared = !files::is_writable(dir);
        let path = if shared && published.exists() {
            published
        } else {
            working
        };
        if !path.exists() {
            return Err(StoreError::NoCache { path: dir.into() });
        }
        let sql = StoreError::sql(&path);
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
            | OpenFlags::SQLITE_OPEN_URI;
        let connection = Connection::open_with_flags(uri(&path, shared), flags).map_err(&sql)?;
        connection
            .busy_timeout(Duration::from_secs(5))
            .map_err(&sql)?;
        if let Format::Empty = check_format(&connection, &path)? {
            return Err(StoreError::NoCache { path: dir.into() });
        }
        Ok(Opened {
            cache: Self {
                dir: dir.to_owned(),
                path,
                connection,
            },
            notice: None,
            shared,
        })
    }

    /// Publishes a checkpointed copy for readers that cannot write the folder, where the folder's mode says that
    /// others may read it.
    ///
    /// # Errors
    /// [`StoreError::Io`] and [`StoreError::Database`]; the copy that was there stays.
    pub fn publish_copy(&self) -> Result<(), StoreError> {
        if !files::is_shared(&self.dir) {
            return Ok(());
        }
        let copy = tempfile::Builder::new()
            .prefix(".callboard-")
            .tempdir_in(&self.dir)
            .map_err(StoreError::io("create a folder in", &self.dir))?;
        let file = copy.path().join(FILE);
        let name = file.to_string_lossy().into_owned();
        self.connection
            .execute("VACUUM INTO ?1", [name])
            .map_err(self.sql())?;
        let mode = files::published_mode(&self.dir);
        files::publish(&file, &self.dir.join(SHARED_FILE), mode)
    }
}

fn connect(path: &Path) -> Result<Connection, StoreError> {
    let sql = StoreError::sql(path);
    let connection = Connection::open(path).map_err(&sql)?;
    connection
        .busy_timeout(Duration::from_secs(10))
        .map_err(&sql)?;
    Ok(connection)
}

enum Format {
    Known,
    Empty,
}

/// Reads the format's number; another one than this program's is an error that says which.
fn check_format(connection: &Connection, path: &Path) -> Result<Format, StoreError> {
    let sql = StoreError::sql(path);
    let found: i64 = connection
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .map_err(&sql)?;
    if found == FORMAT {
        // The number alone says little of a file that was cut short and padded.
        return connection
            .query_row("SELECT generation FROM meta", [], |row| {
                row.get::<_, i64>(0)
            })
            .optional()
            .map_err(&sql)?
            .map(|_| Format::Known)
            .ok_or_else(|| StoreError::Damaged {
                path: path.to_owned(),
                reason: "it has no generation".into(),
            });
    }
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(&sql)?;
    if found == 0 && tables == 0 {
        return Ok(Format::Empty);
    }
    let path = path.to_owned();
    Err(match found {
        1..FORMAT => StoreError::OlderFormat {
            path,
            found,
            known: FORMAT,
        },
        0 => StoreError::Damaged {
            path,
            reason: "it is another program's database".into(),
        },
        _ => StoreError::NewerFormat {
            path,
            found,
            known: FORMAT,
        },
    })
}

/// Begins where the clock stands, so that a rebuilt cache never has the number of an older one's index.
fn first_generation() -> i64 {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_micros()).ok())
        .unwrap_or(1)
}

/// The path as SQLite's URI; `unchanging` promises that nobody writes the file, so that it needs no lock.
fn uri(path: &Path, unchanging: bool) -> PathBuf {
    use std::ffi::OsString;
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    let mut uri = b"file:".to_vec();
    for &byte in path.as_os_str().as_bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_' | b'.' | b'~') {
            uri.push(byte);
        } else {
            uri.extend_from_slice(format!("%{byte:02X}").as_bytes());
        }
    }
    if unchanging {
        uri.extend_from_slice(b"?immutable=1");
    }
    PathBuf::from(OsString::from_vec(uri))
}
