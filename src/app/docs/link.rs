//! Where a link of a page leads: within the page, within its site, to the web, or nowhere one may go.

use super::{DocSet, DocText};
use crate::markdown::{Link, LinkKind, percent_decode};
use crate::techdocs::{Site, path};
use crate::text;

/// What following a link does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Followed {
    /// Goes to a place of the same page; the anchor without `#`.
    Anchor(String),
    /// Goes to a page of the site, and there perhaps to an anchor.
    Page {
        path: String,
        anchor: Option<String>,
    },
    /// Leaves for the web; the target as it was written.
    Web(String),
    /// Goes nowhere; says why.
    Refused(String),
}

/// Says where a link leads. Nothing leads out of the folder of the documentation but a web or mail address.
pub fn follow(set: &DocSet, on: &DocText, link: &Link) -> Followed {
    let target = link.target.trim();
    match link.kind {
        LinkKind::Anchor => Followed::Anchor(target.trim_start_matches('#').to_owned()),
        LinkKind::Absolute => match text::link_target(target) {
            Some(_) => Followed::Web(target.to_owned()),
            None => Followed::Refused(format!("Not a web address: {target}")),
        },
        LinkKind::Relative => relative(set, on, target),
    }
}

fn relative(set: &DocSet, on: &DocText, target: &str) -> Followed {
    let (file, anchor) = match target.split_once('#') {
        Some((file, anchor)) => (file, Some(anchor.to_owned())),
        None => (target, None),
    };
    let file = file.split('?').next().unwrap_or_default();
    if file.is_empty() {
        return Followed::Anchor(anchor.unwrap_or_default());
    }
    if on.source != set.source {
        let message = format!("Only this page is kept here, not {target}; b opens it in a browser");
        return Followed::Refused(message);
    }
    let file = percent_decode(file);
    // An absolute path begins at the site, as in MkDocs.
    let (folder, below) = match file.strip_prefix('/') {
        Some(rest) => ("", rest.trim_start_matches('/')),
        None => (path::folder_of(&on.path), file.as_str()),
    };
    let Some(wanted) = path::within(folder, below) else {
        return Followed::Refused(format!(
            "{target} leads out of this documentation: not followed"
        ));
    };
    match page_named(&set.site, &wanted) {
        Some(path) => Followed::Page { path, anchor },
        None => Followed::Refused(format!("{target} is no page of this documentation")),
    }
}

/// The page that a path within the site means: itself, with its ending left out or that of a web page, or the first
/// page of a folder.
pub fn page_named(site: &Site, wanted: &str) -> Option<String> {
    let has = |path: &str| site.page(path).map(|page| page.path.clone());
    let bare = wanted
        .trim_end_matches(".html")
        .trim_end_matches("/index")
        .trim_end_matches('/');
    has(wanted)
        .or_else(|| {
            ["md", "markdown"]
                .iter()
                .find_map(|ending| has(&format!("{bare}.{ending}")))
        })
        .or_else(|| {
            ["index.md", "README.md"]
                .iter()
                .find_map(|name| has(&path::join(bare, name)))
        })
        .or_else(|| {
            // Titles of files differ in case between writers and file systems.
            let lower = wanted.to_lowercase();
            let mut pages = site.pages.iter();
            let found = pages.find(|page| page.path.to_lowercase() == lower)?;
            Some(found.path.clone())
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::techdocs::SitePage;

    fn led(from: &str, target: &str) -> Followed {
        let page = |path: &str| SitePage {
            path: path.into(),
            file: format!("docs/{path}"),
            title: String::new(),
            oid: String::new(),
            size: 1,
            skipped: None,
        };
        let set = DocSet {
            source: "file:/srv/pay/".into(),
            site: Site {
                pages: [
                    "index.md",
                    "runbooks/pool.md",
                    "runbooks/장애.md",
                    "adr/README.md",
                ]
                .map(page)
                .to_vec(),
                ..Site::default()
            },
            ..DocSet::default()
        };
        let on = DocText {
            source: set.source.clone(),
            path: from.into(),
            ..DocText::default()
        };
        let link = Link {
            target: target.into(),
            kind: LinkKind::of(target),
            image: false,
        };
        follow(&set, &on, &link)
    }

    fn page(path: &str, anchor: Option<&str>) -> Followed {
        Followed::Page {
            path: path.into(),
            anchor: anchor.map(str::to_owned),
        }
    }

    #[test]
    fn links_lead_to_pages_by_every_name_they_go_by() {
        let pool = || page("runbooks/pool.md", None);
        assert_eq!(led("index.md", "runbooks/pool.md"), pool());
        assert_eq!(led("index.md", "./runbooks/pool/"), pool());
        assert_eq!(led("index.md", "/runbooks/pool"), pool());
        assert_eq!(led("index.md", "runbooks/pool.html?x=1"), pool());
        assert_eq!(led("adr/README.md", "../runbooks/Pool.md"), pool());
        assert_eq!(
            led("index.md", "runbooks/pool.md#restart"),
            page("runbooks/pool.md", Some("restart"))
        );
        assert_eq!(
            led("index.md", "runbooks/%EC%9E%A5%EC%95%A0.md"),
            page("runbooks/장애.md", None)
        );
        assert_eq!(led("index.md", "adr/"), page("adr/README.md", None));
        assert_eq!(led("index.md", "#top"), Followed::Anchor("top".into()));
        assert_eq!(
            led("index.md", "https://a.example/x"),
            Followed::Web("https://a.example/x".into())
        );
    }

    #[test]
    fn nothing_leads_out_of_the_documentation() {
        for target in [
            "../../etc/passwd",
            "../secret.md",
            "%2e%2e/%2e%2e/etc/passwd",
            "runbooks/../../x.md",
        ] {
            let Followed::Refused(why) = led("index.md", target) else {
                panic!("{target} was followed")
            };
            assert!(why.contains("leads out"), "{why}");
        }
        for target in ["/etc/passwd", "file:///etc/passwd", "javascript:x"] {
            assert!(
                matches!(led("index.md", target), Followed::Refused(_)),
                "{target}"
            );
        }
    }
}
