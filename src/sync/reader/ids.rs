//! Object ids: whether files are as they were, without their text, for many files of many repositories in one request.

use std::collections::BTreeSet;
use std::sync::PoisonError;

use super::{ReadError, Reader, file_request};
use crate::github::objects::{self, ObjectNode};
use crate::github::queries::FileRequest;
use crate::github::{Client, GithubError};
use crate::sync::glob::PathGlob;
use crate::sync::policy::PLACEHOLDER_LIMIT;
use crate::sync::target::GithubTarget;

/// Objects in one request.
const MOST_OBJECTS: usize = 500;
/// Repositories in one request.
const MOST_REPOSITORIES: usize = 100;

impl Reader {
    /// The object ids of files, in the order given; of a glob that of the folder below which its matches lie.
    ///
    /// What was [asked ahead](Self::look_ahead) is not asked again.
    pub async fn object_ids(&self, targets: &[GithubTarget]) -> Vec<Result<String, ReadError>> {
        let known: Vec<Option<Result<String, ReadError>>> = {
            let ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
            targets
                .iter()
                .map(|t| ahead.get(&t.url()).cloned())
                .collect()
        };
        let unknown: Vec<GithubTarget> = (targets.iter().zip(&known))
            .filter(|(_, known)| known.is_none())
            .map(|(target, _)| target.clone())
            .collect();
        let mut asked = self.ask_ids(&unknown).await.into_iter();
        known
            .into_iter()
            .zip(targets)
            .map(|(known, target)| {
                known.or_else(|| asked.next()).unwrap_or_else(|| {
                    Err(ReadError::NotFound(format!(
                        "{} was not read",
                        target.url()
                    )))
                })
            })
            .collect()
    }

    /// Asks for object ids that several sources of a run are going to ask for, all at once.
    pub async fn look_ahead(&self, targets: &[GithubTarget]) {
        let answers = self.ask_ids(targets).await;
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        ahead.extend(targets.iter().map(GithubTarget::url).zip(answers));
    }

    async fn ask_ids(&self, targets: &[GithubTarget]) -> Vec<Result<String, ReadError>> {
        self.each(targets, |client, batch| {
            let reader = self.clone();
            async move { reader.id_batch(&client, batch).await }
        })
        .await
    }

    async fn id_batch(
        &self,
        client: &Client,
        targets: Vec<GithubTarget>,
    ) -> Vec<Result<String, ReadError>> {
        if !client.credentials().is_signed_in() {
            let mut out = Vec::with_capacity(targets.len());
            for target in &targets {
                out.push(if target.is_glob() {
                    let listing = self.expand(target, &mut super::Trees::default()).await;
                    listing.map(|listing| listing.glob.oid)
                } else {
                    let blob = self.by_rest(client, target, PLACEHOLDER_LIMIT).await;
                    blob.map(|blob| blob.oid)
                });
            }
            return out;
        }
        let request = |target: &GithubTarget, branch: &str, path: &str| {
            let path = if target.is_glob() {
                let glob = PathGlob::new(path).map_err(ReadError::Unusable)?;
                glob.literal_prefix()
            } else {
                path.to_owned()
            };
            Ok(file_request(target, format!("{branch}:{path}")))
        };
        let found = self
            .locate(&targets, request, |requests| async move {
                ids_halving(client, &requests).await
            })
            .await;
        (targets.iter().zip(found))
            .map(|(target, found)| match found {
                // A folder of that name is no file, and a file no folder.
                Ok((_, node)) if node.is_folder == target.is_glob() => Ok(node.oid),
                Ok(_) => Err(ReadError::NotFound(format!(
                    "{} does not exist",
                    target.url()
                ))),
                Err(error) => Err(error),
            })
            .collect()
    }
}

/// [`objects::object_ids`] in batches that keep a repository together, each halved while the server finds it too much. A
/// failing batch fails its own objects only.
async fn ids_halving(
    client: &Client,
    requests: &[FileRequest],
) -> Vec<Result<Option<ObjectNode>, GithubError>> {
    let mut order: Vec<usize> = (0..requests.len()).collect();
    order.sort_by_key(|at| requests.get(*at).map(|r| (&r.owner, &r.repository)));
    let mut out: Vec<Result<Option<ObjectNode>, GithubError>> = vec![Ok(None); requests.len()];
    let mut size = MOST_OBJECTS;
    let mut rest = order.as_slice();
    while !rest.is_empty() {
        let (now, later) = rest.split_at(batch(requests, rest, size));
        let asked: Vec<FileRequest> = (now.iter())
            .filter_map(|at| requests.get(*at).cloned())
            .collect();
        match objects::object_ids(client, &asked).await {
            Ok(answers) => {
                for (at, answer) in now.iter().zip(answers) {
                    if let Some(slot) = out.get_mut(*at) {
                        *slot = answer;
                    }
                }
            }
            Err(error) if error.wants_smaller_page() && now.len() > 1 => {
                size = now.len().div_ceil(2);
                continue;
            }
            Err(error) => {
                for at in now {
                    if let Some(slot) = out.get_mut(*at) {
                        *slot = Err(error.clone());
                    }
                }
            }
        }
        rest = later;
    }
    out
}

/// How many of `rest` go into one request of at most `size` objects.
fn batch(requests: &[FileRequest], rest: &[usize], size: usize) -> usize {
    let mut repositories = BTreeSet::new();
    let fits = |at: &&usize| {
        if let Some(request) = requests.get(**at) {
            repositories.insert((&request.owner, &request.repository));
        }
        repositories.len() <= MOST_REPOSITORIES
    };
    rest.iter().take(size.max(1)).take_while(fits).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_asks_for_a_bounded_number_of_objects_and_repositories() {
        let request = |repository: usize| FileRequest {
            owner: "acme".into(),
            repository: format!("r{repository:04}"),
            expression: "main:x".into(),
        };
        let one: Vec<FileRequest> = (0..700).map(|_| request(1)).collect();
        let all: Vec<usize> = (0..700).collect();
        assert_eq!(batch(&one, &all, MOST_OBJECTS), 500);
        let many: Vec<FileRequest> = (0..700).map(request).collect();
        assert_eq!(batch(&many, &all, MOST_OBJECTS), 100);
        assert_eq!(batch(&many, &all, 0), 1);
    }
}
