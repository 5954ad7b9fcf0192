const at = id => document.getElementById(id);
const COLUMNS = ["date", "place", "code", "modifier", "pointers", "units", "charge"];
const swap = (from, to) => { if (from) at(from).close(); if (to) at(to).showModal(); };
const terms = (id, pairs) => {
  at(id).innerHTML = "";
  for (const [term, words] of pairs) {
    at(id).append(Object.assign(document.createElement("dt"), {textContent: term}));
    at(id).append(Object.assign(document.createElement("dd"), {textContent: words}));
  }
};
const addLine = () => {
  const row = at("grid").insertRow();
  for (const name of COLUMNS) {
    const box = Object.assign(document.createElement("input"), {name, required: name !== "modifier"});
    row.insertCell().append(box);
  }
};
const lines = () => [...at("grid").rows].map(row =>
  Object.fromEntries([...row.querySelectorAll("input")].map(box => [box.name, box.value])));
const total = () => lines().reduce((sum, line) => sum + Number(line.charge || 0), 0).toFixed(2);
const claim = () => ({
  member_id: at("member_id").value, account: at("account").value, rendering: at("rendering").value,
  dx: [1, 2, 3, 4].map(n => at(`dx${n}`).value).filter(Boolean), lines: lines(), total: total(),
});

at("new").onclick = async () => {
  await fetch("/api/blank");
  for (const box of at("patient").querySelectorAll("input")) box.value = "";
  terms("member", []);
  at("grid").innerHTML = "";
  addLine();
  swap(null, "patient");
};
at("check").onclick = async () => {
  const answer = await fetch(`/api/member?id=${at("member_id").value}`);
  const member = await answer.json();
  terms("member", [["Member", member.name], ["Born", member.born]]);
};
at("to_services").onclick = () => {
  at("wrong").hidden = Boolean(at("rendering").value);
  at("wrong").textContent = "Rendering NPI: is missing";
  if (at("wrong").hidden) swap("patient", "services");
};
at("more").onclick = addLine;
at("to_check").onclick = () => {
  const {member_id, account, dx} = claim();
  terms("facts", [["Member no.", member_id], ["Your reference", account], ["Diagnoses", dx.join(", ")],
                  ["Lines", lines().length], ["Total", `$${total()}`]]);
  swap("services", "review");
};
at("send").onclick = async () => {
  at("send").disabled = true;
  const answer = await fetch("/api/claims", {
    method: "POST", headers: {"content-type": "application/json"}, body: JSON.stringify(claim())});
  at("send").disabled = false;
  if (!answer.ok) { at("said").textContent = "Something went wrong."; return; }
  const kept = await answer.json();
  terms("receipt", [["Claim no.", kept.number], ["Your reference", kept.account], ["Member no.", kept.member_id],
                    ["Services from", kept.from], ["Total", `$${kept.total}`], ["State", kept.state]]);
  swap("review", "sent");
};
at("done").onclick = () => swap("sent", null);
at("look").onclick = () => swap(null, "search");
at("go").onclick = async () => {
  const asked = new URLSearchParams({member: at("by_member").value, from: at("by_from").value, to: at("by_to").value});
  const found = (await (await fetch(`/api/claims?${asked}`)).json()).claims;
  if (!found.length) { at("found").innerHTML = "<p>Nothing found</p>"; return; }
  const cells = one => [one.number, one.account, one.from, one.to, one.total, one.received, one.state];
  const row = one => `<tr>${cells(one).map(cell => `<td>${cell}</td>`).join("")}</tr>`;
  at("found").innerHTML = `<table><caption>Claims</caption><thead><tr><th>Claim no.</th><th>Reference</th><th>From</th>
    <th>To</th><th>Total</th><th>Received</th><th>State</th></tr></thead><tbody>${found.map(row).join("")}</tbody></table>`;
};
