//! Batches: many things of many repositories in one request, halved while the server finds it too much.

use crate::github::contents::{
    Locator, Look, ObjectNode, ObjectsRequest, RepositoryObjects, objects,
};
use crate::github::{Client, ErrorKind, GithubError};
use crate::sync::error::SyncError;

/// Objects listed or read by name in one request.
const LOOKS: usize = 250;
/// Repositories in one request.
const REPOSITORIES: usize = 100;
/// Texts in one request.
const TEXTS: usize = 100;
/// Bytes of texts in one request: more takes GitHub too long.
const BYTES: u64 = 4 << 20;
/// GraphQL cuts texts here; larger ones come one by one.
const CUT: u64 = 512_000;

/// What a repository's answer gave for one thing asked: the repository's id, and the object where it is there.
pub(super) type Answer = (String, Option<ObjectNode>);

/// One thing wanted of a repository.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    /// Whose it is.
    pub job: usize,
    pub owner: String,
    pub repository: String,
    /// What it is to the job: a folder, a configuration, a page.
    pub inside: String,
    pub look: Look,
    pub locator: Locator,
    /// Bytes, where known.
    pub size: u64,
}

impl Wanted {
    /// The object id, where it is asked for by one.
    pub fn oid(&self) -> String {
        match &self.locator {
            Locator::Oid(oid) => oid.clone(),
            Locator::Expression(_) => String::new(),
        }
    }
}

/// Asks for everything, in as few requests as may be. A failing batch fails its own things only.
pub(super) async fn all(
    client: &Client,
    wanted: Vec<Wanted>,
) -> Vec<(Wanted, Result<Answer, SyncError>)> {
    let mut out = Vec::with_capacity(wanted.len());
    let mut rest = wanted;
    let mut size = LOOKS;
    while !rest.is_empty() {
        let (requests, taken) = group(&rest, size);
        let answer = objects(client, &requests).await;
        if let Err(error) = &answer
            && error.wants_smaller_page()
            && taken > 1
        {
            size = taken.div_ceil(2);
            continue;
        }
        let later = rest.split_off(taken);
        deal(
            std::mem::replace(&mut rest, later),
            &requests,
            answer,
            &mut out,
        );
        if let Some((_, Err(error))) = out.last()
            && super::is_fatal(error)
        {
            let error = error.clone();
            out.extend(rest.drain(..).map(|wanted| (wanted, Err(error.clone()))));
        }
    }
    out
}

/// The next texts that fit one request.
pub(super) fn batch(wanted: &mut Vec<Wanted>) -> Vec<Wanted> {
    let mut bytes = 0_u64;
    let mut taken = 0;
    for next in wanted.iter().take(TEXTS) {
        bytes = bytes.saturating_add(next.size.min(CUT));
        if taken > 0 && bytes > BYTES {
            break;
        }
        taken += 1;
    }
    let later = wanted.split_off(taken);
    std::mem::replace(wanted, later)
}

/// Texts by object id: the text, or why there is none although the file is there.
pub(super) async fn texts(
    client: &Client,
    wanted: Vec<Wanted>,
    limit: u64,
) -> Vec<(Wanted, Result<Result<String, String>, SyncError>)> {
    let is_signed_in = client.credentials().is_signed_in();
    let (mut small, mut large) = (Vec::new(), Vec::new());
    for next in wanted {
        if is_signed_in && next.size <= CUT {
            small.push(next);
        } else {
            large.push(next);
        }
    }
    // Repositories together, so that each is named once.
    small.sort_by(|a, b| (&a.owner, &a.repository).cmp(&(&b.owner, &b.repository)));
    let mut out = Vec::new();
    for (wanted, answer) in all(client, small).await {
        match answer {
            Ok((_, Some(ObjectNode::Blob(file)))) => {
                let is_binary = file.is_binary == Some(true);
                match file.text {
                    _ if is_binary => {
                        out.push((wanted, Ok(Err("is a binary file".to_owned()))));
                    }
                    Some(text) if !file.is_truncated => out.push((wanted, Ok(Ok(text)))),
                    _ => large.push(wanted),
                }
            }
            // An id of a listing that is not there: it was rewritten meanwhile, and comes with the next sync.
            Ok(_) => {
                let error = SyncError::new(
                    crate::sync::SyncErrorKind::Failed,
                    format!("{} has just changed", wanted.inside),
                );
                out.push((wanted, Err(error)));
            }
            Err(error) => out.push((wanted, Err(error))),
        }
    }
    for wanted in large {
        let bytes = client
            .blob(&wanted.owner, &wanted.repository, &wanted.oid(), limit)
            .await;
        let text = match bytes {
            Ok(bytes) => Ok(String::from_utf8(bytes).map_err(|_| "is a binary file".to_owned())),
            Err(error) => match error.kind() {
                ErrorKind::TooLarge { limit } => Ok(Err(format!(
                    "has more than the {limit} bytes of a page that are kept"
                ))),
                _ => Err(SyncError::from(&error)),
            },
        };
        out.push((wanted, text));
    }
    out
}

/// The next things as requests by repository, and how many they are.
fn group(wanted: &[Wanted], most: usize) -> (Vec<ObjectsRequest>, usize) {
    let mut requests: Vec<ObjectsRequest> = Vec::new();
    let mut taken = 0;
    for next in wanted.iter().take(most) {
        let object = (next.look, next.locator.clone());
        let is_full = requests.len() == REPOSITORIES;
        match requests.last_mut() {
            Some(last) if last.owner == next.owner && last.repository == next.repository => {
                last.objects.push(object);
            }
            _ if is_full => break,
            _ => requests.push(ObjectsRequest {
                owner: next.owner.clone(),
                repository: next.repository.clone(),
                objects: vec![object],
            }),
        }
        taken += 1;
    }
    (requests, taken)
}

fn deal(
    wanted: Vec<Wanted>,
    requests: &[ObjectsRequest],
    answer: Result<Vec<Result<RepositoryObjects, GithubError>>, GithubError>,
    out: &mut Vec<(Wanted, Result<Answer, SyncError>)>,
) {
    let mut wanted = wanted.into_iter();
    match answer {
        Ok(found) => {
            for (request, found) in requests.iter().zip(found) {
                let own = wanted.by_ref().take(request.objects.len());
                match found {
                    Ok(objects) => out.extend(own.zip(answers(objects).map(Ok))),
                    Err(error) => {
                        let error = SyncError::from(&error);
                        out.extend(own.map(|wanted| (wanted, Err(error.clone()))));
                    }
                }
            }
        }
        Err(error) => {
            let error = SyncError::from(&error);
            out.extend(wanted.map(|wanted| (wanted, Err(error.clone()))));
        }
    }
}

fn answers(objects: RepositoryObjects) -> impl Iterator<Item = Answer> {
    let id = objects.id;
    objects
        .objects
        .into_iter()
        .map(move |object| (id.clone(), object))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(repository: &str, size: u64) -> Wanted {
        Wanted {
            job: 0,
            owner: "acme".into(),
            repository: repository.into(),
            inside: String::new(),
            look: Look::Text,
            locator: Locator::Oid("1".into()),
            size,
        }
    }

    #[test]
    fn texts_are_bounded_by_number_and_by_bytes() {
        let mut many = vec![wanted("a", 10); 250];
        assert_eq!(batch(&mut many).len(), 100);
        assert_eq!(many.len(), 150);
        let mut heavy = vec![wanted("a", 400_000); 30];
        assert_eq!(batch(&mut heavy).len(), 10);
        let mut one = vec![wanted("a", u64::MAX)];
        assert_eq!(batch(&mut one).len(), 1);
    }

    #[test]
    fn what_is_of_one_repository_is_asked_of_it_together() {
        let all = [wanted("a", 1), wanted("a", 1), wanted("b", 1)];
        let (requests, taken) = group(&all, 9);
        assert_eq!(taken, 3);
        assert_eq!(requests.len(), 2);
        assert_eq!(requests[0].objects.len(), 2);
        assert_eq!(group(&all, 2).1, 2);
    }
}
