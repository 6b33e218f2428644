//! GitHub URLs of files and folders: what they name, and what a relative target beside them names.
//!
//! Nothing here asks the network. The border between a branch that contains slashes and the path after it cannot be
//! seen in a URL, so a target offers its [`GithubTarget::candidates`] in the order of likelihood.

use std::fmt;

use url::Url;

/// How many leading segments may be the branch: `release/2026/q1` is as deep as real branches go.
const MAX_REF_SEGMENTS: usize = 4;

/// The part of a GitHub integration that decides which URLs are its.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GithubHost {
    /// `github.com`, or a server of one's own, with its port where it has one.
    pub host: String,
    /// Where its pages are, without a slash at the end: `https://github.com`.
    pub web_url: String,
    /// Where raw files are (`https://raw.githubusercontent.com`), if it has such an address.
    pub raw_base_url: Option<String>,
}

/// Whether a URL was written as a file, a folder or a raw file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum TargetKind {
    /// `…/blob/…` (and `…/edit/…`)
    Blob,
    /// `…/tree/…`
    Tree,
    /// `…/raw/…` or the raw host.
    Raw,
}

/// A file, folder or glob in a repository.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct GithubTarget {
    /// The integration's host.
    pub host: String,
    /// User or organisation.
    pub owner: String,
    /// Repository name, without `.git`.
    pub repo: String,
    /// How it was written.
    pub kind: TargetKind,
    /// Where the host's pages are.
    web_url: String,
    /// Branch and path together, decoded, one segment an item.
    segments: Vec<String>,
    /// How many of them are the branch, once that is known.
    branch_segments: Option<usize>,
}

/// Why a text is no usable target.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TargetError {
    /// Not a URL at all.
    #[error("{0} is not a URL")]
    NotAUrl(String),
    /// Not at the host of any GitHub integration.
    #[error("there is no GitHub integration that matches {0}")]
    NoIntegration(String),
    /// At the host, but not a blob, tree or raw URL with a path.
    #[error("{0} is not a GitHub file URL (…/blob/BRANCH/PATH)")]
    NotAFile(String),
    /// A relative target that leaves its repository, or its folder.
    #[error("{0} leads out of its own repository")]
    Escapes(String),
    /// A path of this machine in a file that came from a URL.
    #[error("{0} is a path of this machine, which a file that came from a URL may not name")]
    LocalPath(String),
}

impl GithubTarget {
    /// Reads a `blob`, `tree`, `raw` or `edit` URL of one of `hosts`, or a URL of their raw hosts.
    ///
    /// # Errors
    /// [`TargetError::NoIntegration`] where the host is none of `hosts`; [`TargetError::NotAFile`] for another page there.
    pub fn parse(text: &str, hosts: &[GithubHost]) -> Result<Self, TargetError> {
        let url = Url::parse(text).map_err(|_| TargetError::NotAUrl(text.to_owned()))?;
        let authority = authority(&url).ok_or_else(|| TargetError::NotAUrl(text.to_owned()))?;
        let not_a_file = || TargetError::NotAFile(text.to_owned());
        let segments = decoded_segments(&url).ok_or_else(not_a_file)?;
        if let Some(host) = hosts
            .iter()
            .find(|h| h.host.eq_ignore_ascii_case(&authority))
        {
            // A raw address may be a folder of the host itself (`https://ghe.example/raw`).
            if let Some(rest) = host.raw_segments(&url, &segments) {
                return Self::from_raw(host, rest).ok_or_else(not_a_file);
            }
            return Self::from_page(host, &segments).ok_or_else(not_a_file);
        }
        for host in hosts {
            if let Some(rest) = host.raw_segments(&url, &segments) {
                return Self::from_raw(host, rest).ok_or_else(not_a_file);
            }
        }
        Err(TargetError::NoIntegration(text.to_owned()))
    }

    /// The folder that a URL names, and which branch and path that may mean, likeliest first. A repository's own page, and
    /// that of a branch, mean everything in it; there the path is empty.
    ///
    /// # Errors
    /// As [`GithubTarget::parse`].
    pub fn folder(
        text: &str,
        hosts: &[GithubHost],
    ) -> Result<(Self, Vec<(String, String)>), TargetError> {
        let error = match Self::parse(text, hosts) {
            Ok(target) => {
                let mut candidates: Vec<(String, String)> = target.candidates().collect();
                if target.segments.len() <= MAX_REF_SEGMENTS {
                    candidates.push((target.segments.join("/"), String::new()));
                }
                return Ok((target, candidates));
            }
            Err(error) => error,
        };
        let parts = || {
            let url = Url::parse(text).ok()?;
            let authority = authority(&url)?;
            let host = (hosts.iter()).find(|h| h.host.eq_ignore_ascii_case(&authority))?;
            let mut segments = decoded_segments(&url)?;
            segments.retain(|segment| !segment.is_empty());
            let (owner, repo, branch) = match segments.as_slice() {
                [owner, repo] => (owner, repo, "HEAD"),
                [owner, repo, tree, branch] if tree == "tree" => (owner, repo, branch.as_str()),
                _ => return None,
            };
            // As strict as for a file: what is checked is what a file of that name would be.
            let kind = TargetKind::Tree;
            let rest = [branch.to_owned(), "x".to_owned()];
            let target = Self::checked(host, owner, repo, kind, &rest)?;
            Some((target.on_branch(branch).with_path(""), branch.to_owned()))
        };
        match parts() {
            Some((target, branch)) => Ok((target, vec![(branch, String::new())])),
            None => Err(error),
        }
    }

    /// A file of a repository whose branch is known.
    pub fn of(host: &GithubHost, owner: &str, repo: &str, branch: &str, path: &str) -> Self {
        Self {
            host: host.host.clone(),
            owner: owner.to_owned(),
            repo: repo.to_owned(),
            kind: TargetKind::Blob,
            web_url: host.web_url.clone(),
            branch_segments: Some(branch.split('/').filter(|s| !s.is_empty()).count()),
            segments: branch
                .split('/')
                .chain(path.split('/'))
                .filter(|s| !s.is_empty())
                .map(str::to_owned)
                .collect(),
        }
    }

    fn from_page(host: &GithubHost, segments: &[String]) -> Option<Self> {
        let [owner, repo, marker, rest @ ..] = segments else {
            return None;
        };
        let kind = match marker.as_str() {
            "blob" | "edit" => TargetKind::Blob,
            "tree" => TargetKind::Tree,
            "raw" => TargetKind::Raw,
            _ => return None,
        };
        Self::checked(host, owner, repo, kind, rest)
    }

    fn from_raw(host: &GithubHost, segments: &[String]) -> Option<Self> {
        let [owner, repo, rest @ ..] = segments else {
            return None;
        };
        // `refs/heads/main` is how GitHub itself writes raw addresses today.
        let rest = match rest {
            [refs, heads, rest @ ..] if refs == "refs" && (heads == "heads" || heads == "tags") => {
                rest
            }
            rest => rest,
        };
        Self::checked(host, owner, repo, TargetKind::Raw, rest)
    }

    fn checked(
        host: &GithubHost,
        owner: &str,
        repo: &str,
        kind: TargetKind,
        rest: &[String],
    ) -> Option<Self> {
        let plain = |s: &str| {
            !s.is_empty()
                && s != "."
                && s != ".."
                && !s.chars().any(|c| c.is_control() || c == '/' || c == '\\')
        };
        let segments: Vec<String> = rest.iter().filter(|s| !s.is_empty()).cloned().collect();
        let usable = plain(owner)
            && plain(repo)
            && segments.len() >= 2
            && segments
                .iter()
                .flat_map(|s| s.split('/'))
                .all(|s| s != "." && s != ".." && !s.chars().any(char::is_control));
        usable.then(|| Self {
            host: host.host.clone(),
            owner: owner.to_owned(),
            repo: repo.strip_suffix(".git").unwrap_or(repo).to_owned(),
            kind,
            web_url: host.web_url.clone(),
            segments,
            branch_segments: None,
        })
    }

    /// `(branch, path)` as it may be meant, likeliest first: one segment of branch, then two, up to four.
    pub fn candidates(&self) -> impl Iterator<Item = (String, String)> + '_ {
        let most = MAX_REF_SEGMENTS.min(self.segments.len().saturating_sub(1));
        let lengths = match self.branch_segments {
            Some(known) => known..=known.min(self.segments.len().saturating_sub(1)),
            None => 1..=most,
        };
        lengths.map(|n| {
            let (branch, path) = self.segments.split_at(n);
            (branch.join("/"), path.join("/"))
        })
    }

    /// Branch and path if the branch is one segment, as almost every branch is.
    pub fn branch_and_path(&self) -> (String, String) {
        self.candidates().next().unwrap_or_default()
    }

    /// Whether the path holds a glob.
    pub fn is_glob(&self) -> bool {
        self.segments
            .iter()
            .skip(1)
            .any(|s| super::glob::is_glob(s))
    }

    /// The canonical URL of the target, of the kind it was written in (raw ones become `blob`).
    pub fn url(&self) -> String {
        self.url_as(match self.kind {
            TargetKind::Tree => "tree",
            TargetKind::Blob | TargetKind::Raw => "blob",
        })
    }

    /// The page that shows the file.
    pub fn view_url(&self) -> String {
        self.url()
    }

    /// The page that edits the file.
    pub fn edit_url(&self) -> String {
        self.url_as("edit")
    }

    /// The folder it lies in, as `backstage.io/source-location` has it: `url:https://…/tree/main/dir/`.
    pub fn source_location(&self) -> String {
        let mut folder = self.clone();
        folder.segments.pop();
        format!("url:{}/", folder.url_as("tree"))
    }

    fn url_as(&self, marker: &str) -> String {
        let mut out = format!(
            "{}/{}/{}/{marker}",
            self.web_url,
            encode(&self.owner),
            encode(&self.repo)
        );
        for segment in &self.segments {
            out.push('/');
            out.push_str(&encode(segment));
        }
        out
    }

    /// The same target, once it is known which of the [`candidates`](Self::candidates) exists.
    #[must_use]
    pub fn on_branch(&self, branch: &str) -> Self {
        Self {
            branch_segments: Some(branch.split('/').count()),
            ..self.clone()
        }
    }

    /// How many segments are the branch, where that is known.
    pub fn branch_segments(&self) -> Option<usize> {
        self.branch_segments
    }

    /// The same target, its branch being so many segments.
    #[must_use]
    pub fn with_branch_segments(&self, count: usize) -> Self {
        Self {
            branch_segments: Some(count.clamp(1, MAX_REF_SEGMENTS)),
            ..self.clone()
        }
    }

    /// Another file of the same branch, by a path from the repository's root.
    #[must_use]
    pub fn with_path(&self, path: &str) -> Self {
        let mut out = self.clone();
        out.segments.truncate(self.branch_segments.unwrap_or(1));
        out.segments
            .extend(path.split('/').filter(|s| !s.is_empty()).map(str::to_owned));
        out
    }

    /// What a Location target or a placeholder in this file names: an address of its own, or a path in the same branch.
    ///
    /// Backstage writes what it resolves as a `tree` URL; so does this.
    ///
    /// # Errors
    /// [`TargetError::LocalPath`] for `file:` and absolute paths, [`TargetError::Escapes`] for a path that climbs out of
    /// the repository.
    pub fn resolve(&self, relative: &str) -> Result<Resolved, TargetError> {
        let relative = relative.trim();
        if let Some(scheme) = scheme(relative) {
            return if scheme == "http" || scheme == "https" {
                Ok(Resolved::Url(relative.to_owned()))
            } else {
                Err(TargetError::LocalPath(relative.to_owned()))
            };
        }
        if relative.starts_with(['/', '\\']) || relative.is_empty() {
            return Err(TargetError::LocalPath(relative.to_owned()));
        }
        // What is (the beginning of) the branch is never given up.
        let branch = self.branch_segments.unwrap_or(1);
        let mut segments = self.segments.clone();
        segments.pop();
        for part in relative.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    if segments.len() <= branch {
                        return Err(TargetError::Escapes(relative.to_owned()));
                    }
                    segments.pop();
                }
                part => {
                    if part.contains('\\') || part.chars().any(char::is_control) {
                        return Err(TargetError::Escapes(relative.to_owned()));
                    }
                    segments.push(part.to_owned());
                }
            }
        }
        if segments.len() <= branch {
            return Err(TargetError::Escapes(relative.to_owned()));
        }
        Ok(Resolved::Same(Self {
            kind: TargetKind::Tree,
            segments,
            ..self.clone()
        }))
    }
}

/// What a target in a file turned out to name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Resolved {
    /// A file of the same repository and branch.
    Same(GithubTarget),
    /// An address, which the reading rules have yet to allow.
    Url(String),
}

impl GithubHost {
    /// The segments after the raw address, where the URL lies below it.
    fn raw_segments<'a>(&self, url: &Url, segments: &'a [String]) -> Option<&'a [String]> {
        let raw = Url::parse(self.raw_base_url.as_deref()?).ok()?;
        if !authority(&raw)?.eq_ignore_ascii_case(&authority(url)?) {
            return None;
        }
        let base: Vec<String> = decoded_segments(&raw)?
            .into_iter()
            .filter(|s| !s.is_empty())
            .collect();
        segments.strip_prefix(base.as_slice())
    }
}

/// `host` or `host:port`, lower-cased; the port only where it is not the scheme's own.
pub fn authority(url: &Url) -> Option<String> {
    let host = url.host_str()?.to_ascii_lowercase();
    Some(match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host,
    })
}

fn decoded_segments(url: &Url) -> Option<Vec<String>> {
    url.path_segments()?.map(decode).collect()
}

/// Percent-decoding to UTF-8; none where it is not.
pub fn decode(segment: &str) -> Option<String> {
    let bytes = segment.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while let Some(&b) = bytes.get(i) {
        let hex = |at: usize| bytes.get(at).and_then(|b| char::from(*b).to_digit(16));
        match (b, hex(i + 1), hex(i + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push(u8::try_from(high * 16 + low).ok()?);
                i += 3;
            }
            _ => {
                out.push(b);
                i += 1;
            }
        }
    }
    String::from_utf8(out).ok()
}

/// Percent-encodes what cannot stand in a path segment; globs stay readable.
fn encode(segment: &str) -> String {
    let mut out = String::with_capacity(segment.len());
    for b in segment.bytes() {
        match b {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => out.push(char::from(b)),
            b'-' | b'.' | b'_' | b'~' | b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+'
            | b',' | b';' | b'=' | b':' | b'@' | b'/' => out.push(char::from(b)),
            b => out.push_str(&format!("%{b:02X}")),
        }
    }
    out
}

/// The scheme of a text that is a URL (`https`, `file`), lower-cased; none for a path.
fn scheme(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once(':')?;
    let valid = scheme.len() > 1
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    (valid && (rest.starts_with("//") || scheme.eq_ignore_ascii_case("file")))
        .then(|| scheme.to_ascii_lowercase())
}

impl fmt::Display for GithubTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts() -> Vec<GithubHost> {
        vec![
            GithubHost {
                host: "github.com".into(),
                web_url: "https://github.com".into(),
                raw_base_url: Some("https://raw.githubusercontent.com".into()),
            },
            GithubHost {
                host: "ghe.example.com:8443".into(),
                web_url: "https://ghe.example.com:8443".into(),
                raw_base_url: Some("https://ghe.example.com:8443/raw".into()),
            },
        ]
    }

    fn parse(url: &str) -> Result<GithubTarget, TargetError> {
        GithubTarget::parse(url, &hosts())
    }

    #[test]
    fn a_folder_may_be_the_whole_repository() {
        let folder = |url: &str| {
            let (target, candidates) = GithubTarget::folder(url, &hosts()).ok()?;
            let candidates: Vec<String> =
                candidates.iter().map(|(b, p)| format!("{b}:{p}")).collect();
            Some((target.repo, candidates.join(" ")))
        };
        let of = |candidates: &str| Some(("pay".to_owned(), candidates.to_owned()));
        let own = "https://github.com/acme/pay";
        assert_eq!(folder(own), of("HEAD:"));
        assert_eq!(folder(&format!("{own}/tree/main/")), of("main:"));
        assert_eq!(folder(&format!("{own}/tree/main/a")), of("main:a main/a:"));
        for url in [
            "https://github.com/acme",
            "https://other.com/acme/pay",
            "https://github.com/acme/pay/issues",
            "https://github.com/acme/%2e%2e",
        ] {
            assert_eq!(folder(url), None, "{url}");
        }
    }

    #[test]
    fn blob_tree_raw_and_edit_urls_name_the_same_file() {
        for url in [
            "https://github.com/acme/pay/blob/main/a/catalog-info.yaml",
            "https://github.com/acme/pay.git/tree/main/a/catalog-info.yaml",
            "https://github.com/acme/pay/raw/main/a/catalog-info.yaml",
            "https://github.com/acme/pay/edit/main//a/catalog-info.yaml",
            "https://GitHub.com/acme/pay/blob/main/a/catalog-info.yaml?plain=1#L3",
            "https://raw.githubusercontent.com/acme/pay/main/a/catalog-info.yaml",
            "https://raw.githubusercontent.com/acme/pay/refs/heads/main/a/catalog-info.yaml",
        ] {
            let target = parse(url).unwrap();
            assert_eq!(
                (target.owner.as_str(), target.repo.as_str()),
                ("acme", "pay"),
                "{url}"
            );
            assert_eq!(
                target.branch_and_path(),
                ("main".into(), "a/catalog-info.yaml".into()),
                "{url}"
            );
        }
    }

    #[test]
    fn a_server_of_ones_own_is_known_by_host_and_port() {
        let target = parse("https://ghe.example.com:8443/acme/pay/blob/main/x.yaml").unwrap();
        assert_eq!(target.host, "ghe.example.com:8443");
        let raw = parse("https://ghe.example.com:8443/raw/acme/pay/main/x.yaml").unwrap();
        assert_eq!((raw.owner, raw.kind), ("acme".into(), TargetKind::Raw));
        assert!(matches!(
            parse("https://ghe.example.com/acme/pay/blob/main/x.yaml"),
            Err(TargetError::NoIntegration(_))
        ));
    }

    #[test]
    fn a_branch_may_have_slashes() {
        let target =
            parse("https://github.com/acme/pay/blob/feature/new/catalog-info.yaml").unwrap();
        assert_eq!(
            target.candidates().collect::<Vec<_>>(),
            [
                ("feature".into(), "new/catalog-info.yaml".into()),
                ("feature/new".into(), "catalog-info.yaml".to_string())
            ]
        );
        let encoded = parse("https://github.com/acme/pay/blob/feature%2Fnew/x.yaml").unwrap();
        assert_eq!(
            encoded.branch_and_path(),
            ("feature/new".into(), "x.yaml".into())
        );
    }

    #[test]
    fn other_pages_and_tricks_are_refused() {
        for url in [
            "https://github.com/acme/pay",
            "https://github.com/acme/pay/issues/1/x",
            "https://github.com/acme/pay/blob/main",
            "https://github.com/acme/pay/blob/main/%2e%2e%2f%2e%2e/x",
            "https://github.com/acme/pay%2f../blob/main/x",
            "https://github.com/acme/pay/blob/main/x%0a.yaml",
        ] {
            assert!(parse(url).is_err(), "{url}");
        }
        assert!(matches!(parse("not a url"), Err(TargetError::NotAUrl(_))));
        assert!(matches!(
            parse("https://github.com.evil.example/acme/pay/blob/main/x"),
            Err(TargetError::NoIntegration(_))
        ));
    }

    #[test]
    fn a_relative_target_stays_in_its_branch_and_becomes_a_tree_url() {
        let target = parse("https://github.com/acme/pay/blob/main/a/b/catalog-info.yaml").unwrap();
        let resolved = |text: &str| match target.resolve(text) {
            Ok(Resolved::Same(t)) => t.url(),
            other => panic!("{other:?}"),
        };
        assert_eq!(
            resolved("./x.yaml"),
            "https://github.com/acme/pay/tree/main/a/b/x.yaml"
        );
        assert_eq!(
            resolved("../*/x.yaml"),
            "https://github.com/acme/pay/tree/main/a/*/x.yaml"
        );
        assert_eq!(
            resolved("../../x.yaml"),
            "https://github.com/acme/pay/tree/main/x.yaml"
        );
        assert!(matches!(
            target.resolve("../../../x.yaml"),
            Err(TargetError::Escapes(_))
        ));
        assert!(matches!(
            target.resolve("../../.."),
            Err(TargetError::Escapes(_))
        ));
    }

    #[test]
    fn a_file_from_a_url_cannot_name_this_machine() {
        let target = parse("https://github.com/acme/pay/blob/main/catalog-info.yaml").unwrap();
        for text in [
            "/etc/passwd",
            "file:///etc/passwd",
            "FILE:/etc/passwd",
            "file:x",
            "\\\\host\\x",
            "",
        ] {
            assert!(
                matches!(target.resolve(text), Err(TargetError::LocalPath(_))),
                "{text}"
            );
        }
        assert_eq!(
            target.resolve("https://example.com/x"),
            Ok(Resolved::Url("https://example.com/x".into()))
        );
    }

    #[test]
    fn the_pages_of_a_file_are_written_as_backstage_writes_them() {
        let target = parse("https://github.com/acme/pay/blob/main/a b/c.yaml").unwrap();
        assert_eq!(
            target.view_url(),
            "https://github.com/acme/pay/blob/main/a%20b/c.yaml"
        );
        assert_eq!(
            target.edit_url(),
            "https://github.com/acme/pay/edit/main/a%20b/c.yaml"
        );
        assert_eq!(
            target.source_location(),
            "url:https://github.com/acme/pay/tree/main/a%20b/"
        );
        let top = parse("https://github.com/acme/pay/blob/main/c.yaml").unwrap();
        assert_eq!(
            top.source_location(),
            "url:https://github.com/acme/pay/tree/main/"
        );
    }
}
