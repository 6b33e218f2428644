//! Opening a link in this machine's browser.

use std::io;
use std::process::{Command, Stdio};
use std::thread;

use tokio::sync::mpsc::Sender;

use super::event::Incoming;
use crate::app::{CacheUpdate, Msg};
use crate::text;

/// The program that opens what a person clicks on.
const OPENER: &str = if cfg!(target_os = "macos") {
    "open"
} else {
    "xdg-open"
};

/// Opens a link. What goes wrong comes back as a line for the message log.
pub(super) fn link(url: &str, tell: Sender<Incoming>) {
    let Some(target) = text::link_target(url) else {
        return say(
            &tell,
            format!("not a link that can be opened: {}", text::clean(url)),
        );
    };
    // A percent-encoded http, https or mailto address never begins with a dash.
    let child = Command::new(OPENER)
        .arg(&target)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    match child {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            say(
                &tell,
                format!("{OPENER} is not installed; the link is {target}"),
            );
        }
        Err(error) => say(&tell, format!("{OPENER}: {error}; the link is {target}")),
        Ok(mut child) => {
            // A browser may stay as long as it likes; its end is noticed so that no zombie is left.
            let waiting = thread::Builder::new()
                .name("opener".into())
                .stack_size(64 * 1024)
                .spawn(move || {
                    if child.wait().is_ok_and(|status| !status.success()) {
                        blocking_say(&tell, format!("{OPENER} failed; the link is {target}"));
                    }
                });
            if let Err(error) = waiting {
                tracing::warn!(%error, "no thread to wait for the browser");
            }
        }
    }
}

/// A line for the message log, from the event loop's own thread.
pub(super) fn say(tell: &Sender<Incoming>, line: String) {
    let _ = tell.try_send(notice(line));
}

fn blocking_say(tell: &Sender<Incoming>, line: String) {
    let _ = tell.blocking_send(notice(line));
}

fn notice(line: String) -> Incoming {
    Incoming::Msg(Msg::Cache(Box::new(CacheUpdate {
        notice: Some(line),
        ..CacheUpdate::default()
    })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_web_or_mail_link_is_not_opened() {
        let (tell, mut told) = tokio::sync::mpsc::channel(1);
        link("file:///etc/passwd", tell);
        let Some(Incoming::Msg(Msg::Cache(update))) = told.blocking_recv() else {
            panic!("no notice")
        };
        assert!(update.notice.unwrap().starts_with("not a link"));
    }
}
