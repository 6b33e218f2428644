//! REST: ETags, pages by `Link`, raw files, trees and comparisons.

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::client::{Client, KeptAnswer};
use super::endpoint::Endpoint;
use super::error::{ErrorKind, GithubError, printable};
use super::refusal::Sso;
use super::transport::{Request, Response};

/// `Accept` of a JSON answer.
pub const JSON: &str = "application/vnd.github+json";
/// `Accept` of a file's bytes.
pub const RAW: &str = "application/vnd.github.raw+json";
/// Most bytes of a JSON answer; a recursive tree of 100,000 entries fits.
const JSON_LIMIT: u64 = 64 * 1024 * 1024;
/// Answers of more bytes are not kept: those are trees of large repositories, which differ whenever they are asked for.
const KEPT_LIMIT: usize = 256 * 1024;
/// Most pages that are followed, against a server that links in a circle.
const MOST_PAGES: usize = 1_000;
/// Most requests to walk one tree whose recursive listing was cut short.
const MOST_TREE_REQUESTS: usize = 200;

/// What a cached answer is checked by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validator {
    /// The `ETag` of the cached answer, as it was sent.
    pub etag: Option<String>,
}

/// An answer to a conditional request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RestAnswer {
    /// New, to be kept with its ETag under [`Client::cache_key`].
    Fresh {
        body: Vec<u8>,
        etag: Option<String>,
        /// The next page's address, on the same integration.
        next: Option<String>,
        /// Whether parts were left out for want of single sign-on.
        partial: bool,
    },
    /// What is cached still holds.
    NotModified,
}

/// One entry of a Git tree.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct TreeEntry {
    /// From the tree's root, `/` between.
    pub path: String,
    /// `100644`, `100755`, `120000` (a link), `040000`, `160000` (a submodule).
    pub mode: String,
    /// `blob`, `tree` or `commit`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Object id.
    pub sha: String,
    /// Bytes, for blobs.
    #[serde(default)]
    pub size: Option<u64>,
}

/// A Git tree, as far as GitHub listed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    /// Object id of the tree.
    pub sha: String,
    pub entries: Vec<TreeEntry>,
    /// Whether entries are missing (GitHub stops at 100,000 entries or 7 MB).
    pub truncated: bool,
}

/// A file that differs between two commits.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ChangedFile {
    pub filename: String,
    /// `added`, `modified`, `removed`, `renamed`, …
    pub status: String,
    #[serde(default)]
    pub previous_filename: Option<String>,
    #[serde(default)]
    pub sha: Option<String>,
}

impl Client {
    /// One GET, conditional where the validator has an ETag. `path` is a REST path or a `next` address.
    ///
    /// # Errors
    /// Every kind of refusal; `NotFound` for 404.
    pub async fn rest_get(
        &self,
        path: &str,
        validator: &Validator,
    ) -> Result<RestAnswer, GithubError> {
        let mut request = Request::get(self.endpoint().rest_url(path)?, JSON, JSON_LIMIT);
        request.if_none_match = validator.etag.clone();
        let response = self.send(&request).await?;
        self.conditional(response)
    }

    /// One GET whose answer is read as `T`.
    ///
    /// # Errors
    /// As [`Client::rest_get`], and `Malformed`.
    pub async fn rest_json<T: DeserializeOwned>(&self, path: &str) -> Result<T, GithubError> {
        let url = self.endpoint().rest_url(path)?;
        self.json_at(url).await
    }

    /// Every page of a list, by `Link: …; rel="next"`. `path` should ask for `per_page=100`.
    ///
    /// # Errors
    /// As [`Client::rest_get`]; `SsoRequired` where a page was cut for want of single sign-on, since a
    /// list with holes must not look whole.
    pub async fn rest_pages<T: DeserializeOwned>(&self, path: &str) -> Result<Vec<T>, GithubError> {
        let mut items = Vec::new();
        let mut next = Some(path.to_owned());
        for _ in 0..MOST_PAGES {
            let Some(path) = next.take() else {
                return Ok(items);
            };
            let answer = self.rest_get(&path, &Validator::default()).await?;
            let RestAnswer::Fresh {
                body,
                next: more,
                partial,
                ..
            } = answer
            else {
                return Err(malformed(&path));
            };
            if partial {
                return Err(GithubError::new(
                    ErrorKind::SsoRequired { url: None },
                    format!("{path}: results were left out for want of single sign-on (SAML)"),
                ));
            }
            let page: Vec<T> = serde_json::from_slice(&body).map_err(|_| malformed(&path))?;
            items.extend(page);
            next = more;
        }
        match next {
            None => Ok(items),
            Some(_) => Err(GithubError::new(
                ErrorKind::TooLarge {
                    limit: MOST_PAGES as u64,
                },
                format!("{path}: more than {MOST_PAGES} pages"),
            )),
        }
    }

    /// A file's bytes at `reference` (a branch, tag or commit; `HEAD` where `None`).
    ///
    /// # Errors
    /// `TooLarge` beyond `limit` bytes; `NotFound`; `Rejected` where the path is a folder.
    pub async fn file(
        &self,
        owner: &str,
        repository: &str,
        path: &str,
        reference: Option<&str>,
        limit: u64,
        validator: &Validator,
    ) -> Result<RestAnswer, GithubError> {
        let mut url = self.api_url(&["repos", owner, repository, "contents"], path)?;
        if let Some(reference) = reference {
            url.query_pairs_mut().append_pair("ref", reference);
        }
        let mut request = Request::get(url, RAW, limit);
        let kept = self.kept(&request).filter(|_| validator.etag.is_none());
        request.if_none_match = match &kept {
            Some(kept) => Some(kept.etag.clone()),
            None => validator.etag.clone(),
        };
        let response = self.send(&request).await?;
        if let (304, Some(kept)) = (response.status, kept) {
            if kept.body.len() as u64 > limit {
                return Err(too_large(&response.what, limit));
            }
            return Ok(RestAnswer::Fresh {
                body: kept.body,
                etag: Some(kept.etag),
                next: None,
                partial: false,
            });
        }
        // A folder comes as a JSON list even when bytes were asked for.
        let is_listing = response
            .header("content-type")
            .is_some_and(|kind| kind.contains("json") && !kind.contains("raw"));
        if response.is_success() && is_listing {
            return Err(GithubError::new(
                ErrorKind::Rejected { status: 200 },
                format!("{}: a folder, not a file", response.what),
            ));
        }
        self.keep(&request, &response);
        self.conditional(response)
    }

    /// A file by the address people and catalogs know it by: `https://HOST/o/r/blob/REF/PATH`, its
    /// `tree`, `raw` and `edit` forms, or an address below `rawBaseUrl`.
    ///
    /// # Errors
    /// `Refused` where the address is not a file on this integration; else as [`Client::file`].
    pub async fn read_raw(
        &self,
        url: &str,
        limit: u64,
        validator: &Validator,
    ) -> Result<RestAnswer, GithubError> {
        let file = FileUrl::parse(url, self.endpoint())?;
        self.file(
            &file.owner,
            &file.repository,
            &file.path,
            Some(&file.reference),
            limit,
            validator,
        )
        .await
    }

    /// A blob's bytes by object id.
    ///
    /// # Errors
    /// As [`Client::file`].
    pub async fn blob(
        &self,
        owner: &str,
        repository: &str,
        sha: &str,
        limit: u64,
    ) -> Result<Vec<u8>, GithubError> {
        let url = self.api_url(&["repos", owner, repository, "git", "blobs", sha], "")?;
        let response = self.send(&Request::get(url, RAW, limit)).await?;
        match self.conditional(response)? {
            RestAnswer::Fresh { body, .. } => Ok(body),
            RestAnswer::NotModified => Err(malformed(sha)),
        }
    }

    /// A tree by object id, commit or branch name; `recursive` lists everything below it.
    ///
    /// # Errors
    /// `Rejected` (409) for an empty repository; else as [`Client::rest_get`].
    pub async fn tree(
        &self,
        owner: &str,
        repository: &str,
        reference: &str,
        recursive: bool,
    ) -> Result<Tree, GithubError> {
        let mut url = self.api_url(&["repos", owner, repository, "git", "trees", reference], "")?;
        if recursive {
            url.query_pairs_mut().append_pair("recursive", "1");
        }
        let answer: TreeAnswer = self.json_at(url).await?;
        Ok(Tree {
            sha: answer.sha,
            entries: answer.tree,
            truncated: answer.truncated,
        })
    }

    /// Everything below a tree: one request, or level by level where GitHub cut the listing short.
    /// `truncated` remains where even that was too much.
    ///
    /// # Errors
    /// As [`Client::tree`].
    pub async fn whole_tree(
        &self,
        owner: &str,
        repository: &str,
        reference: &str,
    ) -> Result<Tree, GithubError> {
        let listed = self.tree(owner, repository, reference, true).await?;
        if !listed.truncated {
            return Ok(listed);
        }
        let mut whole = Tree {
            sha: listed.sha.clone(),
            entries: Vec::new(),
            truncated: false,
        };
        let mut folders = vec![(String::new(), listed.sha)];
        let mut requests = 0;
        while let Some((folder, sha)) = folders.pop() {
            if requests == MOST_TREE_REQUESTS {
                whole.truncated = true;
                break;
            }
            requests += 1;
            // A folder that can be listed whole is; the root cannot.
            let below = if folder.is_empty() {
                None
            } else {
                Some(self.tree(owner, repository, &sha, true).await?).filter(|tree| !tree.truncated)
            };
            let descend = below.is_none();
            let level = match below {
                Some(tree) => tree,
                None => {
                    requests += 1;
                    self.tree(owner, repository, &sha, false).await?
                }
            };
            whole.truncated |= level.truncated;
            for mut entry in level.entries {
                if !folder.is_empty() {
                    entry.path = format!("{folder}/{}", entry.path);
                }
                if descend && entry.kind == "tree" {
                    folders.push((entry.path.clone(), entry.sha.clone()));
                }
                whole.entries.push(entry);
            }
        }
        whole.entries.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(whole)
    }

    /// The files that differ between two commits; `None` where there may be more than GitHub lists (300).
    ///
    /// # Errors
    /// As [`Client::rest_get`]; `NotFound` where a commit is gone (a forced push).
    pub async fn compare(
        &self,
        owner: &str,
        repository: &str,
        base: &str,
        head: &str,
    ) -> Result<Option<Vec<ChangedFile>>, GithubError> {
        let range = format!("{base}...{head}");
        let url = self.api_url(&["repos", owner, repository, "compare", &range], "")?;
        let answer: CompareAnswer = self.json_at(url).await?;
        let files = answer.files.unwrap_or_default();
        Ok((files.len() < 300 && answer.status != "diverged").then_some(files))
    }

    async fn json_at<T: DeserializeOwned>(&self, url: Url) -> Result<T, GithubError> {
        let mut request = Request::get(url, JSON, JSON_LIMIT);
        let kept = self.kept(&request);
        request.if_none_match = kept.as_ref().map(|kept| kept.etag.clone());
        let mut response = self.send(&request).await?;
        match kept {
            Some(kept) if response.status == 304 => response.body = kept.body,
            _ if response.is_success() => self.keep(&request, &response),
            _ => return Err(response.refusal().error(self.endpoint(), Timestamp::now())),
        }
        serde_json::from_slice(&response.body).map_err(|_| malformed(&response.what))
    }

    /// What is kept of an earlier answer to a request.
    fn kept(&self, request: &Request) -> Option<KeptAnswer> {
        let key = self.cache_key(request.url.as_str(), request.accept);
        self.kept_answers()?.get(&key)
    }

    /// Keeps an answer that says by what it can be checked.
    fn keep(&self, request: &Request, response: &Response) {
        if let (Some(kept), Some(etag), true) = (
            self.kept_answers(),
            response.header("etag"),
            response.is_success() && response.body.len() <= KEPT_LIMIT,
        ) {
            let answer = KeptAnswer {
                etag: etag.to_owned(),
                body: response.body.clone(),
            };
            kept.put(
                &self.cache_key(request.url.as_str(), request.accept),
                answer,
            );
        }
    }

    fn conditional(&self, response: Response) -> Result<RestAnswer, GithubError> {
        if response.status == 304 {
            return Ok(RestAnswer::NotModified);
        }
        if !response.is_success() {
            return Err(response.refusal().error(self.endpoint(), Timestamp::now()));
        }
        let sso = Sso::from_headers(&response.headers, self.endpoint());
        Ok(RestAnswer::Fresh {
            etag: response.header("etag").map(str::to_owned),
            next: next_page(response.header("link").unwrap_or_default(), self.endpoint()),
            partial: matches!(sso, Some(Sso::Partial { .. })),
            body: response.body,
        })
    }

    /// A REST address from names that may hold any character.
    fn api_url(&self, segments: &[&str], path: &str) -> Result<Url, GithubError> {
        let mut url = self.endpoint().api_base_url().clone();
        let parts: Vec<&str> = segments
            .iter()
            .copied()
            .chain(path.split('/').filter(|part| !part.is_empty()))
            .collect();
        if parts.iter().any(|part| matches!(*part, "" | "." | "..")) {
            return Err(GithubError::new(
                ErrorKind::Refused,
                format!("{}: not a path in a repository", parts.join("/")),
            ));
        }
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(parts);
        }
        Ok(url)
    }
}

fn too_large(what: &str, limit: u64) -> GithubError {
    GithubError::new(
        ErrorKind::TooLarge { limit },
        format!("{what}: larger than {limit} bytes"),
    )
}

fn malformed(what: &str) -> GithubError {
    GithubError::new(
        ErrorKind::Malformed,
        format!("{what}: the answer cannot be understood"),
    )
}

/// The address with `rel="next"` in a `Link` header, where it is on the same integration.
pub(super) fn next_page(link: &str, endpoint: &Endpoint) -> Option<String> {
    link.split(',').find_map(|part| {
        let (target, parameters) = part.split_once(';')?;
        let is_next = parameters
            .split(';')
            .any(|parameter| matches!(parameter.trim(), "rel=\"next\"" | "rel=next"));
        let url = target.trim().strip_prefix('<')?.strip_suffix('>')?;
        (is_next && endpoint.rest_url(url).is_ok()).then(|| url.to_owned())
    })
}

#[derive(Deserialize)]
struct TreeAnswer {
    sha: String,
    tree: Vec<TreeEntry>,
    #[serde(default)]
    truncated: bool,
}

#[derive(Deserialize)]
struct CompareAnswer {
    #[serde(default)]
    status: String,
    #[serde(default)]
    files: Option<Vec<ChangedFile>>,
}

/// A file or folder on GitHub, by the address people know it by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileUrl {
    pub owner: String,
    pub repository: String,
    /// Branch, tag or commit: the first segment after `blob` (a branch with a slash in its name cannot be
    /// told apart from a folder; Backstage reads such addresses the same way).
    pub reference: String,
    /// From the repository's root, decoded, without a leading slash; may hold glob characters.
    pub path: String,
}

impl FileUrl {
    /// Reads `https://HOST/o/r/{blob,tree,raw,edit}/REF/PATH` and `RAW_BASE_URL/o/r/REF/PATH`.
    ///
    /// # Errors
    /// `Refused` where the address is on another host, is not of these forms, or leaves its repository.
    pub fn parse(text: &str, endpoint: &Endpoint) -> Result<Self, GithubError> {
        let refuse = |why: &str| {
            GithubError::new(
                ErrorKind::Refused,
                format!("{}: {why}", printable(text, 200)),
            )
        };
        let url = Url::parse(text.trim()).map_err(|_| refuse("not a URL"))?;
        if !endpoint.may_see_token(&url) {
            return Err(refuse(&format!("not an address of {}", endpoint.host())));
        }
        let segments: Vec<String> = url
            .path_segments()
            .into_iter()
            .flatten()
            .filter(|segment| !segment.is_empty())
            .map(decode)
            .collect::<Option<_>>()
            .ok_or_else(|| refuse("not valid percent encoding"))?;
        if segments
            .iter()
            .any(|segment| segment == ".." || segment == "." || segment.contains('/'))
        {
            return Err(refuse("leaves its repository"));
        }
        let raw_prefix = endpoint
            .raw_base_url()
            .filter(|raw| raw.origin() == url.origin())
            .map(|raw| {
                raw.path_segments()
                    .into_iter()
                    .flatten()
                    .filter(|segment| !segment.is_empty())
                    .collect::<Vec<_>>()
            });
        let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        let is_web = endpoint.web_url().origin() == url.origin();
        let (owner, repository, rest) = match (parts.as_slice(), raw_prefix) {
            (
                [
                    owner,
                    repository,
                    "blob" | "tree" | "raw" | "edit",
                    rest @ ..,
                ],
                _,
            ) if is_web => (owner, repository, rest),
            (all, Some(prefix)) => match all.strip_prefix(prefix.as_slice()) {
                Some([owner, repository, rest @ ..]) => (owner, repository, rest),
                _ => return Err(refuse("not the address of a file")),
            },
            _ => return Err(refuse("not the address of a file")),
        };
        let (reference, path) = match rest {
            ["refs", "heads" | "tags", reference, path @ ..] | [reference, path @ ..] => {
                (reference, path)
            }
            [] => return Err(refuse("names no branch")),
        };
        Ok(Self {
            owner: (*owner).to_owned(),
            repository: (*repository).trim_end_matches(".git").to_owned(),
            reference: (*reference).to_owned(),
            path: path.join("/"),
        })
    }
}

/// Percent-decodes one segment; `None` where it is not UTF-8.
fn decode(segment: &str) -> Option<String> {
    let bytes = segment.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let pair = segment
            .get(at + 1..at + 3)
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match pair {
            Some(value) if byte == b'%' => {
                decoded.push(value);
                at += 3;
            }
            _ => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn com() -> Endpoint {
        Endpoint::github_com().unwrap()
    }

    fn parsed(url: &str) -> (String, String, String, String) {
        let file = FileUrl::parse(url, &com()).unwrap();
        (file.owner, file.repository, file.reference, file.path)
    }

    #[test]
    fn blob_tree_and_raw_addresses_name_the_same_file() {
        let expected = (
            "o".into(),
            "r".into(),
            "main".into(),
            "a b/catalog-info.yaml".into(),
        );
        for url in [
            "https://github.com/o/r/blob/main/a%20b/catalog-info.yaml",
            "https://github.com/o/r/tree/main/a%20b/catalog-info.yaml",
            "https://github.com/o/r/raw/refs/heads/main/a%20b/catalog-info.yaml",
            "https://raw.githubusercontent.com/o/r/main/a%20b/catalog-info.yaml",
        ] {
            assert_eq!(parsed(url), expected, "{url}");
        }
    }

    #[test]
    fn a_servers_raw_addresses_have_a_prefix() {
        let endpoint = Endpoint::new("g.test", None, Some("https://g.test/raw")).unwrap();
        let file = FileUrl::parse("https://g.test/raw/o/r/main/x.yaml", &endpoint).unwrap();
        assert_eq!((file.owner.as_str(), file.path.as_str()), ("o", "x.yaml"));
    }

    #[test]
    fn an_address_that_leaves_its_repository_is_refused() {
        for url in [
            "https://github.com/o/r/blob/main/%2e%2e%2fx",
            "https://github.com/o/r/blob/main/a%2F..%2Fb",
            "https://evil.test/o/r/blob/main/x",
            "https://github.com/o/r",
            "https://github.com/o/r/blob",
            "file:///etc/passwd",
        ] {
            assert!(FileUrl::parse(url, &com()).is_err(), "{url}");
        }
    }

    #[test]
    fn the_next_page_is_followed_only_on_the_same_integration() {
        let link = |host: &str| {
            format!(
                "<https://{host}/x?page=1>; rel=\"prev\", <https://{host}/x?page=3>; rel=\"next\""
            )
        };
        assert_eq!(
            next_page(&link("api.github.com"), &com()).as_deref(),
            Some("https://api.github.com/x?page=3")
        );
        assert_eq!(next_page(&link("evil.test"), &com()), None);
    }
}
