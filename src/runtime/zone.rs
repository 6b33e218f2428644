//! The local time zone, without reading the whole database of zones: that takes longer than the first frame.

use std::fs;
use std::path::Path;

use jiff::tz::TimeZone;

/// Where the system says which zone it is in.
const LOCAL: &str = "/etc/localtime";

/// The zone that `TZ` names, else the system's; UTC where neither says.
pub(super) fn local() -> TimeZone {
    match std::env::var_os("TZ") {
        None => system(Path::new(LOCAL)),
        // Names, rules and files all can stand there.
        Some(_) => TimeZone::system(),
    }
}

fn system(file: &Path) -> TimeZone {
    match fs::read(file) {
        Ok(bytes) => TimeZone::tzif("Local", &bytes).unwrap_or(TimeZone::UTC),
        Err(_) => TimeZone::UTC,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_zone_is_utc() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("localtime");
        assert_eq!(system(&file), TimeZone::UTC);
        fs::write(&file, "no zone").unwrap();
        assert_eq!(system(&file), TimeZone::UTC);
    }
}
