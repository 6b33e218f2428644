//! Files of the store: private by default, replaced by rename, and where they lie.
//!
//! A folder that callboard makes is 0700 and its files 0600. A folder that someone made wider on purpose (a shared
//! `/var/cache/callboard`) keeps its mode, and what is published there gets the folder's read bits.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::StoreError;

/// Makes a folder and its parents, 0700, unless it is there.
pub(super) fn ensure_folder(folder: &Path) -> Result<(), StoreError> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(StoreError::io("create", folder))
}

/// The mode of a published file: 0600, and readable to whom its folder is readable.
pub(super) fn published_mode(folder: &Path) -> u32 {
    let folder_mode = fs::metadata(folder).map_or(0o700, |m| m.permissions().mode());
    0o600 | (folder_mode & 0o044)
}

/// Whether others than the owner may read the folder: then a copy for read-only readers is published.
pub(super) fn is_shared(folder: &Path) -> bool {
    published_mode(folder) != 0o600
}

/// Whether this process may make files in the folder.
pub(super) fn is_writable(folder: &Path) -> bool {
    rustix::fs::access(
        folder,
        rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK,
    )
    .is_ok()
}

/// Makes an empty 0600 file where there is none, so that whoever opens it later never widens it.
pub(super) fn touch_private(path: &Path) -> Result<(), StoreError> {
    match OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
    {
        Ok(_) => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(e) => Err(StoreError::io("create", path)(e)),
    }
}

/// Replaces a file as a whole: readers see the old one or the new one. The data is on disk before the name is.
pub(super) fn replace(
    path: &Path,
    mode: u32,
    write: impl FnOnce(&mut File) -> std::io::Result<()>,
) -> Result<(), StoreError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new()
        .prefix(".callboard-")
        .permissions(fs::Permissions::from_mode(mode))
        .tempfile_in(folder)
        .map_err(StoreError::io("create a file in", folder))?;
    write(file.as_file_mut())
        .and_then(|()| file.as_file_mut().flush())
        // The umask may have narrowed the mode of a file meant for others.
        .and_then(|()| {
            file.as_file()
                .set_permissions(fs::Permissions::from_mode(mode))
        })
        .and_then(|()| file.as_file().sync_data())
        .map_err(StoreError::io("write", path))?;
    file.persist(path)
        .map_err(|e| StoreError::io("replace", path)(e.error))?;
    Ok(())
}

/// Puts a file that is complete in a temporary place under its name, with `mode`.
pub(super) fn publish(from: &Path, to: &Path, mode: u32) -> Result<(), StoreError> {
    File::open(from)
        .and_then(|file| {
            file.set_permissions(fs::Permissions::from_mode(mode))?;
            file.sync_data()
        })
        .and_then(|()| fs::rename(from, to))
        .map_err(StoreError::io("replace", to))
}

/// Gives a damaged file another name beside its old one and says which: `catalog.db.damaged-1`.
pub(super) fn set_aside(path: &Path, why: &str) -> Result<PathBuf, StoreError> {
    let name = |suffix: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    // Only the newest few are worth keeping; the tenth takes the first one's place.
    let aside = (1..10)
        .map(|n| name(&format!(".{why}-{n}")))
        .find(|candidate| !candidate.exists())
        .unwrap_or_else(|| name(&format!(".{why}-1")));
    fs::rename(path, &aside).map_err(StoreError::io("set aside", path))?;
    for companion in ["-wal", "-shm", "-journal"] {
        let old = name(companion);
        if !old.exists() {
            continue;
        }
        let mut new = aside.as_os_str().to_owned();
        new.push(companion);
        fs::rename(&old, PathBuf::from(new)).map_err(StoreError::io("set aside", &old))?;
    }
    Ok(aside)
}

/// What kind of file system a folder lies on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FileSystem {
    /// Its usual name (`nfs`), or `local` where it is none of the known network ones.
    pub name: &'static str,
    /// Whether other machines may write to it at the same time: SQLite's WAL does not work there.
    pub network: bool,
}

/// The file system of a path (of its nearest existing parent). Unknown ones count as local.
pub fn file_system(path: &Path) -> FileSystem {
    let existing = path
        .ancestors()
        .find(|p| p.exists())
        .unwrap_or(Path::new("/"));
    network_name(existing).map_or(
        FileSystem {
            name: "local",
            network: false,
        },
        |name| FileSystem {
            name,
            network: true,
        },
    )
}

/// Magic numbers from `statfs(2)`.
#[cfg(target_os = "linux")]
fn network_name(path: &Path) -> Option<&'static str> {
    const NETWORK: [(u32, &str); 10] = [
        (0x6969, "nfs"),
        (0x517b, "smb"),
        (0xff53_4d42, "cifs"),
        (0xfe53_4d42, "smb2"),
        (0x5346_414f, "afs"),
        (0x6573_5546, "fuse"),
        (0x0102_1997, "9p"),
        (0x00c3_6400, "ceph"),
        (0x4750_4653, "gpfs"),
        (0x0bd0_0bd0, "lustre"),
    ];
    // The field's width and sign differ between architectures; the numbers fit 32 bits.
    let magic = rustix::fs::statfs(path).ok()?.f_type as u32;
    NETWORK
        .iter()
        .find(|(number, _)| *number == magic)
        .map(|(_, name)| *name)
}

#[cfg(not(target_os = "linux"))]
fn network_name(path: &Path) -> Option<&'static str> {
    const NETWORK: [&str; 6] = ["nfs", "smbfs", "afpfs", "webdav", "osxfuse", "macfuse"];
    let stats = rustix::fs::statfs(path).ok()?;
    let name: String = stats
        .f_fstypename
        .iter()
        .take_while(|byte| **byte != 0)
        .map(|byte| *byte as u8 as char)
        .collect();
    NETWORK.iter().find(|known| **known == name).copied()
}
