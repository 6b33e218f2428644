//! What lies in one folder: names, what they are, and files opened by their name in it.
//!
//! Links are left out and never followed. On Linux all listings of a thread share one buffer, and a file is opened
//! without going through its whole path again: a catalog has about as many folders as files.

use std::ffi::OsStr;
use std::fs::File;
use std::io;

pub(super) use system::Lister;

/// What a name in a folder stands for; a file is opened by calling.
pub(super) enum Found<'a> {
    Folder,
    File(&'a dyn Fn() -> io::Result<File>),
}

#[cfg(target_os = "linux")]
mod system {
    use std::ffi::CStr;
    use std::mem::MaybeUninit;
    use std::os::fd::OwnedFd;
    use std::os::unix::ffi::OsStrExt as _;
    use std::path::Path;

    use rustix::fs::{self, AtFlags, FileType, Mode, OFlags, RawDir};

    use super::{File, Found, OsStr, io};

    /// Room for what the system says of one folder at a time.
    pub(in super::super) struct Lister(Vec<MaybeUninit<u8>>);

    impl Lister {
        pub(in super::super) fn new() -> Self {
            Self(vec![MaybeUninit::uninit(); 32 << 10])
        }

        /// Calls `found` with the files and folders that lie in `folder`.
        pub(in super::super) fn list(
            &mut self,
            folder: &Path,
            mut found: impl FnMut(&OsStr, Found<'_>),
        ) -> io::Result<()> {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
            let folder = fs::open(folder, flags, Mode::empty())?;
            let mut entries = RawDir::new(&folder, &mut self.0);
            while let Some(entry) = entries.next() {
                let entry = entry?;
                let name = entry.file_name();
                if matches!(name.to_bytes(), b"." | b"..") {
                    continue;
                }
                let kind = match entry.file_type() {
                    // Some file systems do not say it in the listing.
                    FileType::Unknown => file_type(&folder, name)?,
                    known => known,
                };
                let text = OsStr::from_bytes(name.to_bytes());
                match kind {
                    FileType::Directory => found(text, Found::Folder),
                    FileType::RegularFile => found(text, Found::File(&|| open(&folder, name))),
                    _ => {}
                }
            }
            Ok(())
        }
    }

    fn file_type(folder: &OwnedFd, name: &CStr) -> io::Result<FileType> {
        let status = fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
        Ok(FileType::from_raw_mode(status.st_mode))
    }

    fn open(folder: &OwnedFd, name: &CStr) -> io::Result<File> {
        // What was a file a moment ago may be a link by now, or a pipe that nobody writes to.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        Ok(File::from(fs::openat(folder, name, flags, Mode::empty())?))
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::path::Path;

    use super::{File, Found, OsStr, io};

    /// Lists folders as the standard library does.
    pub(in super::super) struct Lister;

    impl Lister {
        pub(in super::super) fn new() -> Self {
            Self
        }

        /// Calls `found` with the files and folders that lie in `folder`.
        pub(in super::super) fn list(
            &mut self,
            folder: &Path,
            mut found: impl FnMut(&OsStr, Found<'_>),
        ) -> io::Result<()> {
            for entry in std::fs::read_dir(folder)? {
                let entry = entry?;
                let kind = entry.file_type()?;
                if kind.is_dir() {
                    found(&entry.file_name(), Found::Folder);
                } else if kind.is_file() {
                    let open = || File::open(entry.path());
                    found(&entry.file_name(), Found::File(&open));
                }
            }
            Ok(())
        }
    }
}
