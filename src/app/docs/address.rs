//! Where a page is outside of the cache: its address on the web, its file on this machine.

use crate::techdocs::{Site, path};

/// The address that a browser shows a page of a site at; none where the site is not on the web.
pub fn web_address(source: &str, site: &Site, page: &str) -> Option<String> {
    let folder = source.strip_prefix("url:")?;
    if !folder.ends_with('/') {
        // A page that was fetched by itself.
        return Some(folder.to_owned());
    }
    let file = &site.page(page)?.file;
    // https://host/owner/repository/tree/branch/…: a file has `blob` in the place of `tree`.
    let mut parts: Vec<&str> = folder.split('/').collect();
    if let Some(kind) = parts.get_mut(5).filter(|kind| **kind == "tree") {
        *kind = "blob";
    }
    let folder = parts.join("/");
    Some(format!("{folder}{}", path::within("", file)?))
}

/// The file that a page of a site is, where the site is on this machine.
pub fn file_of(source: &str, site: &Site, page: &str) -> Option<String> {
    let folder = source.strip_prefix("file:")?;
    let file = path::within("", &site.page(page)?.file)?;
    Some(format!("{}/{file}", folder.trim_end_matches('/')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::techdocs::SitePage;

    fn site() -> Site {
        let page = |path: &str, file: &str| SitePage {
            path: path.into(),
            file: file.into(),
            title: String::new(),
            oid: String::new(),
            size: 1,
            skipped: None,
        };
        Site {
            pages: vec![
                page("a.md", "docs/a.md"),
                page("evil.md", "../../etc/passwd"),
            ],
            ..Site::default()
        }
    }

    #[test]
    fn a_page_has_the_address_of_its_file() {
        let folder = "url:https://github.com/tree/pay/tree/main/svc/";
        assert_eq!(
            web_address(folder, &site(), "a.md").as_deref(),
            Some("https://github.com/tree/pay/blob/main/svc/docs/a.md")
        );
        let alone = "url:https://github.com/acme/pay/blob/main/runbook.md";
        assert_eq!(
            web_address(alone, &Site::default(), "x").as_deref(),
            Some("https://github.com/acme/pay/blob/main/runbook.md")
        );
        assert_eq!(web_address("file:/srv/pay/", &site(), "a.md"), None);
    }

    #[test]
    fn a_file_never_lies_outside_of_its_site() {
        let source = "file:/srv/pay/";
        assert_eq!(
            file_of(source, &site(), "a.md").as_deref(),
            Some("/srv/pay/docs/a.md")
        );
        assert_eq!(file_of(source, &site(), "evil.md"), None);
        assert_eq!(
            file_of("url:https://github.com/a/b/", &site(), "a.md"),
            None
        );
    }
}
