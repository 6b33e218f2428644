//! HTTP/1.1 on a socket, by hand: so that an answer can stop in its middle or never come.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Shared;
use super::fault::Action;

/// A request as it came, and what it was answered.
#[derive(Debug, Clone)]
pub struct Recorded {
    pub method: String,
    /// With its query.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Status of the answer; 0 where there was none.
    pub answered: u16,
}

impl Recorded {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(have, _)| have == name)
            .map(|(_, value)| value.as_str())
    }

    pub fn is_graphql(&self) -> bool {
        self.path == "/api/graphql"
    }

    pub fn body_text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The token of `Authorization`.
    pub fn token(&self) -> Option<&str> {
        let value = self.header("authorization")?;
        value
            .strip_prefix("Bearer ")
            .or_else(|| value.strip_prefix("token "))
    }

    /// A variable of a GraphQL request.
    pub fn variable(&self, name: &str) -> Option<Value> {
        let body: Value = serde_json::from_slice(&self.body).ok()?;
        body.get("variables")?.get(name).cloned()
    }

    /// The path without its query.
    pub fn bare_path(&self) -> &str {
        self.path.split('?').next().unwrap_or_default()
    }

    /// A parameter of the query, decoded.
    pub fn query(&self, name: &str) -> Option<String> {
        let (_, query) = self.path.split_once('?')?;
        url::form_urlencoded::parse(query.as_bytes())
            .find(|(have, _)| have == name)
            .map(|(_, value)| value.into_owned())
    }
}

/// How an answer goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    Whole,
    After(Duration),
    CutAfter(usize),
    Drop,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    pub fn json(status: u16, body: &Value) -> Self {
        Self {
            body: body.to_string().into_bytes(),
            ..Self::empty(status)
        }
        .header("content-type", "application/json; charset=utf-8")
    }

    /// GitHub's error body.
    pub fn error(status: u16, message: &str) -> Self {
        Self::json(
            status,
            &json!({
                "message": message,
                "documentation_url": "https://docs.github.com/rest",
                "status": status.to_string(),
            }),
        )
    }

    /// Sets a header; one of that name before is replaced.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(have, _)| have != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets a header unless it is there.
    #[must_use]
    pub(super) fn default_header(self, name: &str, value: &str) -> Self {
        if self.headers.iter().any(|(have, _)| have == name) {
            return self;
        }
        self.header(name, value)
    }
}

/// Accepts connections until dropped.
pub(super) async fn serve(listener: std::net::TcpListener, shared: Arc<Shared>) {
    let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            let _ = stream.set_nodelay(true);
            let shared = Arc::clone(&shared);
            tokio::spawn(async move {
                // A client that goes away in the middle is its own affair.
                let _ = converse(stream, &shared).await;
            });
        }
    }
}

async fn converse(mut stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    let mut buffer = Vec::new();
    while let Some(request) = read_request(&mut stream, &mut buffer).await? {
        let (reply, delivery) = answer(request, shared);
        match delivery {
            Delivery::Drop => return Ok(()),
            Delivery::After(delay) => tokio::time::sleep(delay).await,
            Delivery::Whole | Delivery::CutAfter(_) => {}
        }
        let mut bytes =
            format!("HTTP/1.1 {} {}\r\n", reply.status, reason(reply.status)).into_bytes();
        for (name, value) in &reply.headers {
            bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        bytes.extend_from_slice(format!("content-length: {}\r\n\r\n", reply.body.len()).as_bytes());
        let cut = match delivery {
            Delivery::CutAfter(most) => most.min(reply.body.len()),
            _ => reply.body.len(),
        };
        bytes.extend_from_slice(&reply.body[..cut]);
        stream.write_all(&bytes).await?;
        stream.flush().await?;
        if cut < reply.body.len() {
            return Ok(());
        }
    }
    Ok(())
}

/// The next request on a connection; `None` where the client closed it or sent something else than HTTP.
async fn read_request(
    stream: &mut TcpStream,
    buffer: &mut Vec<u8>,
) -> std::io::Result<Option<Recorded>> {
    loop {
        let mut slots = [httparse::EMPTY_HEADER; 100];
        let mut head = httparse::Request::new(&mut slots);
        match head.parse(buffer) {
            Err(_) => return Ok(None),
            Ok(httparse::Status::Partial) => {}
            Ok(httparse::Status::Complete(start)) => {
                let headers: Vec<(String, String)> = head
                    .headers
                    .iter()
                    .map(|header| {
                        let value = String::from_utf8_lossy(header.value).into_owned();
                        (header.name.to_ascii_lowercase(), value)
                    })
                    .collect();
                let length = headers
                    .iter()
                    .find(|(name, _)| name == "content-length")
                    .and_then(|(_, value)| value.parse().ok())
                    .unwrap_or(0);
                let chunked = headers
                    .iter()
                    .any(|(name, value)| name == "transfer-encoding" && value == "chunked");
                if chunked {
                    if let Some((body, end)) = unchunked(&buffer[start..]) {
                        let request = Recorded {
                            method: head.method.unwrap_or_default().to_owned(),
                            path: head.path.unwrap_or_default().to_owned(),
                            headers,
                            body,
                            answered: 0,
                        };
                        buffer.drain(..start + end);
                        return Ok(Some(request));
                    }
                } else if buffer.len() >= start + length {
                    let request = Recorded {
                        method: head.method.unwrap_or_default().to_owned(),
                        path: head.path.unwrap_or_default().to_owned(),
                        headers,
                        body: buffer[start..start + length].to_vec(),
                        answered: 0,
                    };
                    buffer.drain(..start + length);
                    return Ok(Some(request));
                }
            }
        }
        let mut chunk = [0; 16 * 1024];
        let read = stream.read(&mut chunk).await?;
        if read == 0 {
            return Ok(None);
        }
        buffer.extend_from_slice(&chunk[..read]);
    }
}

/// A body in chunks, once it is whole, and where it ends.
fn unchunked(bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
    let mut body = Vec::new();
    let mut at = 0;
    loop {
        let line = bytes[at..].windows(2).position(|two| two == b"\r\n")?;
        let size = std::str::from_utf8(&bytes[at..at + line]).ok()?;
        let size = usize::from_str_radix(size.split(';').next()?.trim(), 16).ok()?;
        at += line + 2;
        if bytes.len() < at + size + 2 {
            return None;
        }
        body.extend_from_slice(&bytes[at..at + size]);
        at += size + 2;
        if size == 0 {
            return Some((body, at));
        }
    }
}

/// Records the request and answers it, through the faults.
fn answer(mut request: Recorded, shared: &Shared) -> (Reply, Delivery) {
    let action = shared
        .faults()
        .iter_mut()
        .find_map(|fault| fault.take(&request));
    let honest = |request: &Recorded| super::rest::answer(request, shared);
    let (reply, delivery) = match action {
        Some(Action::Answer(reply) | Action::ResourceLimitsAbove(_, reply)) => {
            (reply, Delivery::Whole)
        }
        Some(Action::Deliver(Delivery::Drop)) => (Reply::empty(0), Delivery::Drop),
        Some(Action::Deliver(delivery)) => (honest(&request), delivery),
        Some(Action::AddHeaders(headers)) => {
            let mut reply = honest(&request);
            for (name, value) in headers {
                reply = reply.header(&name, &value);
            }
            (reply, Delivery::Whole)
        }
        None => (honest(&request), Delivery::Whole),
    };
    request.answered = reply.status;
    shared.recorded().push(request);
    (reply, delivery)
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        302 => "Found",
        304 => "Not Modified",
        204 => "No Content",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        409 => "Conflict",
        422 => "Unprocessable Entity",
        429 => "Too Many Requests",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        _ => "Answer",
    }
}
