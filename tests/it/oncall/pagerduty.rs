//! A PagerDuty of the tests' own on 127.0.0.1: the read-only part of its REST API v2 that callboard asks, in its shapes,
//! refusing what PagerDuty refuses (no token, unknown parameters, pages over 100), with faults on request.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

pub const TOKEN: &str = "u+readonly1234567890";

/// How every further request to a path goes wrong.
#[derive(Clone, Debug)]
pub enum Fault {
    /// This status, with headers.
    Status(u16, Vec<(&'static str, String)>),
    /// 200 with this body.
    Body(String),
    /// The connection ends in the middle of the answer.
    CutOff,
    /// Another address is named.
    Redirect(String),
}

#[derive(Default)]
struct World {
    services: Vec<Value>,
    on_calls: Vec<Value>,
    users: Vec<Value>,
    incidents: Vec<Value>,
    faults: Vec<(String, usize, Fault)>,
    requests: Vec<String>,
    tokens_seen: Vec<String>,
}

/// A running PagerDuty.
pub struct PagerDuty {
    world: Arc<Mutex<World>>,
    address: SocketAddr,
}

impl PagerDuty {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let world = Arc::new(Mutex::new(World::default()));
        let shared = Arc::clone(&world);
        // Ends with the process: it holds no more than a socket.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                thread::spawn(move || serve(stream, &shared));
            }
        });
        Self { world, address }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn service(&self, id: &str, policy: &str, integration_key: Option<&str>) {
        let integrations: Vec<Value> = integration_key
            .iter()
            .map(|key| json!({"id": "PINT", "type": "generic_events_api_inbound_integration", "integration_key": key}))
            .collect();
        self.world.lock().unwrap().services.push(json!({
            "id": id, "type": "service", "summary": format!("Service {id}"), "name": format!("Service {id}"),
            "html_url": format!("https://acme.pagerduty.example/service-directory/{id}"),
            "escalation_policy": {"id": policy, "type": "escalation_policy_reference", "summary": format!("Policy {policy}")},
            "integrations": integrations,
        }));
    }

    pub fn user(&self, id: &str, name: &str, phone: Option<&str>) {
        let mut methods =
            vec![json!({"id": "PM1", "type": "email_contact_method", "address": "x@example.org"})];
        methods.extend(phone.map(
            |phone| json!({"id": "PM2", "type": "phone_contact_method", "address": phone, "country_code": 82}),
        ));
        self.world.lock().unwrap().users.push(json!({
            "id": id, "type": "user", "summary": name, "name": name, "email": format!("{id}@example.org").to_lowercase(),
            "contact_methods": methods,
        }));
    }

    pub fn on_call(
        &self,
        policy: &str,
        level: u32,
        user: &str,
        start: Option<&str>,
        end: Option<&str>,
    ) {
        self.world.lock().unwrap().on_calls.push(json!({
            "policy": policy, "level": level, "user": user, "start": start, "end": end}));
    }

    pub fn incident(&self, service: &str, title: &str) {
        self.world.lock().unwrap().incidents.push(json!({
            "id": "PINC", "type": "incident", "title": title, "status": "triggered", "urgency": "high",
            "created_at": "2026-01-05T01:00:00Z", "html_url": "https://acme.pagerduty.example/incidents/PINC",
            "service": {"id": service, "type": "service_reference", "summary": "x"},
        }));
    }

    /// The next `times` requests below a path go wrong.
    pub fn fault(&self, path: &str, times: usize, fault: Fault) {
        let mut world = self.world.lock().unwrap();
        world.faults.push((path.to_owned(), times, fault));
    }

    pub fn requests(&self) -> Vec<String> {
        std::mem::take(&mut self.world.lock().unwrap().requests)
    }

    pub fn tokens_seen(&self) -> Vec<String> {
        self.world.lock().unwrap().tokens_seen.clone()
    }
}

fn serve(mut stream: TcpStream, world: &Mutex<World>) {
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    let mut buffer = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        while !buffer.windows(4).any(|w| w == b"\r\n\r\n") {
            match stream.read(&mut chunk) {
                Ok(0) | Err(_) => return,
                Ok(n) => buffer.extend_from_slice(&chunk[..n]),
            }
        }
        let mut headers = [httparse::EMPTY_HEADER; 32];
        let mut request = httparse::Request::new(&mut headers);
        let length = request.parse(&buffer).unwrap().unwrap();
        let header = |name: &str| {
            request
                .headers
                .iter()
                .find(|h| h.name.eq_ignore_ascii_case(name))
                .map(|h| String::from_utf8_lossy(h.value).into_owned())
        };
        let path = request.path.unwrap().to_owned();
        let method = request.method.unwrap().to_owned();
        let (authorization, accept, agent) = (
            header("authorization"),
            header("accept"),
            header("user-agent"),
        );
        buffer.drain(..length);
        let fault = {
            let mut world = world.lock().unwrap();
            world.requests.push(format!("{method} {path}"));
            world.tokens_seen.extend(authorization.clone());
            let found = world
                .faults
                .iter_mut()
                .find(|(prefix, times, _)| *times > 0 && path.starts_with(prefix.as_str()));
            found.map(|(_, times, fault)| {
                *times -= 1;
                fault.clone()
            })
        };
        let (status, headers, body) = match fault {
            Some(Fault::Status(status, headers)) => {
                (status, headers, r#"{"error":{"message":"no"}}"#.to_owned())
            }
            Some(Fault::Body(body)) => (200, Vec::new(), body),
            Some(Fault::Redirect(to)) => (302, vec![("location", to)], String::new()),
            Some(Fault::CutOff) => {
                let _ =
                    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"servi");
                return;
            }
            None => {
                let (status, body) = if agent.is_none() {
                    (400, json!({"error": {"message": "no user agent"}}))
                } else if authorization.as_deref() != Some(&format!("Token token={TOKEN}")) {
                    (401, json!({"error": {"message": "Unauthorized"}}))
                } else if accept.as_deref() != Some("application/vnd.pagerduty+json;version=2")
                    || method != "GET"
                {
                    (406, json!({"error": {"message": "Not acceptable"}}))
                } else {
                    world.lock().unwrap().answer(&path)
                };
                (status, Vec::new(), body.to_string())
            }
        };
        let mut head = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n",
            body.len()
        );
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if stream
            .write_all(format!("{head}\r\n{body}").as_bytes())
            .is_err()
        {
            return;
        }
    }
}

impl World {
    fn answer(&self, path: &str) -> (u16, Value) {
        let bad = |what: &str| {
            (
                400,
                json!({"error": {"message": "Invalid Input Provided", "errors": [what]}}),
            )
        };
        let not_found = || {
            (
                404,
                json!({"error": {"message": "Not Found", "code": 2100}}),
            )
        };
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let query: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect();
        let all = |name: &str| -> Vec<&str> {
            query
                .iter()
                .filter(|(n, _)| n == name)
                .map(|(_, v)| v.as_str())
                .collect()
        };
        let known: &[&str] = match path {
            "/services" => &["query", "include[]", "limit", "offset", "time_zone"],
            "/oncalls" => &[
                "include[]",
                "time_zone",
                "since",
                "until",
                "escalation_policy_ids[]",
                "limit",
                "offset",
            ],
            "/incidents" => &[
                "statuses[]",
                "sort_by",
                "time_zone",
                "service_ids[]",
                "limit",
                "offset",
            ],
            "/users" => &["include[]", "limit", "offset"],
            _ => &["include[]"],
        };
        if let Some((name, _)) = query
            .iter()
            .find(|(name, _)| !known.contains(&name.as_str()))
        {
            return bad(name);
        }
        let list = |key: &str, entries: Vec<Value>| {
            let number =
                |name: &str, default: usize| all(name).first().map_or(Ok(default), |n| n.parse());
            let (Ok(limit), Ok(offset)) = (number("limit", 25), number("offset", 0)) else {
                return bad("limit");
            };
            if limit > 100 || limit == 0 || offset + limit > 10_000 {
                return bad("limit");
            }
            let more = entries.len() > offset + limit;
            let page: Vec<Value> = entries.into_iter().skip(offset).take(limit).collect();
            (
                200,
                json!({key: page, "limit": limit, "offset": offset, "total": null, "more": more}),
            )
        };
        let segments: Vec<&str> = path.split('/').skip(1).collect();
        match segments.as_slice() {
            ["services"] => {
                let wanted = all("query");
                let services = self.services.iter().filter(|service| {
                    wanted
                        .first()
                        .is_none_or(|wanted| service.to_string().contains(*wanted))
                });
                list("services", services.cloned().collect())
            }
            ["services", id] => match self.services.iter().find(|s| s["id"] == *id) {
                Some(service) => (200, json!({"service": service})),
                None => not_found(),
            },
            ["oncalls"] => {
                let (since, until) = (all("since"), all("until"));
                if [&since, &until].iter().any(|t| {
                    t.first()
                        .is_none_or(|t| t.parse::<jiff::Timestamp>().is_err())
                }) {
                    return bad("since");
                }
                let policies = all("escalation_policy_ids[]");
                let whole = all("include[]").contains(&"users");
                let on_calls = self
                    .on_calls
                    .iter()
                    .filter(|o| policies.iter().any(|p| o["policy"] == *p));
                let entries = on_calls.map(|on_call| {
                    let user = self.users.iter().find(|u| u["id"] == on_call["user"]).unwrap();
                    let mut user = user.clone();
                    if whole {
                        // Contact methods are only referred to here.
                        user["contact_methods"] = json!([{"id": "PM2", "type": "phone_contact_method_reference", "summary": "Mobile"}]);
                    } else {
                        user = json!({"id": user["id"], "type": "user_reference", "summary": user["name"]});
                    }
                    json!({
                        "escalation_policy": {"id": on_call["policy"], "type": "escalation_policy_reference", "summary": "x"},
                        "escalation_level": on_call["level"], "schedule": null, "user": user,
                        "start": on_call["start"], "end": on_call["end"],
                    })
                });
                list("oncalls", entries.collect())
            }
            ["incidents"] => {
                let services = all("service_ids[]");
                let incidents = self
                    .incidents
                    .iter()
                    .filter(|i| services.iter().any(|s| i["service"]["id"] == *s));
                list("incidents", incidents.cloned().collect())
            }
            ["users"] => list("users", self.users.clone()),
            ["users", id] => match self.users.iter().find(|u| u["id"] == *id) {
                Some(user) => (200, json!({"user": user})),
                None => not_found(),
            },
            _ => not_found(),
        }
    }
}
