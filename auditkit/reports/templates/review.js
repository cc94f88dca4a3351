"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId("review-data").textContent);
  const showings = data.showings;
  const key = "auditkit-review:" + data.review_id;
  const words = { accept: "Accepted", reject: "Rejected", skip: "Skipped" };
  const stage = byId("stage"), said = byId("said");
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  // Per showing: d the decision or null, r places of reasons, t seconds. `past` is what undo goes back through.
  let answers = showings.map(() => blank());
  let past = [];
  let at = 0, screen = "start", name = "", unsaved = false, shownAt = 0, kept = true;

  function blank() { return { d: null, r: [], t: 0 }; }

  function restore() {
    try {
      const found = JSON.parse(localStorage.getItem(key) || "null");
      localStorage.setItem(key + ":try", "1");
      localStorage.removeItem(key + ":try");
      if (found && Array.isArray(found.answers) && found.answers.length === showings.length) {
        answers = found.answers.map(sound);
        at = Math.min(Math.max(0, found.at | 0), showings.length - 1);
        name = String(found.name || "");
        unsaved = Boolean(found.unsaved);
        past = (Array.isArray(found.past) ? found.past : []).filter((step) => Array.isArray(step) && answers[step[0]]);
      }
    } catch (error) { loseStorage(); }
  }

  function sound(item) {
    const known = item && words[item.d] ? item.d : null;
    const reasons = (item && Array.isArray(item.r) ? item.r : []).filter((r) => r >= 0 && r < data.reasons.length);
    return { d: known, r: reasons, t: item && item.t >= 0 ? Number(item.t) : 0 };
  }

  function loseStorage() {
    kept = false;
    warn("This browser keeps no progress for this page: save your decisions before you close or reload it.");
  }

  function warn(text) {
    byId("warning").textContent = text;
    byId("warning").hidden = !text;
  }

  function keep() {
    if (!kept) return;
    try { localStorage.setItem(key, JSON.stringify({ answers, at, name, unsaved, past })); } catch (error) { loseStorage(); }
  }

  function decided() { return answers.filter((item) => item.d !== null).length; }

  function clock() {
    const now = performance.now();
    if (screen === "stage" && shownAt) answers[at].t += (now - shownAt) / 1000;
    shownAt = document.hidden ? 0 : now;
  }

  function show(what) {
    screen = what;
    byId("start").hidden = what !== "start";
    stage.hidden = byId("deck").hidden = what !== "stage";
    byId("end").hidden = what !== "end";
    draw();
  }

  function go(place) {
    clock();
    at = Math.min(Math.max(0, place), showings.length - 1);
    const card = byId("card-" + showings[at][0]);
    stage.replaceChildren(card.content.cloneNode(true));
    stage.setAttribute("aria-label", "Sample " + (at + 1) + " of " + showings.length);
    hear();
    show("stage");
    shownAt = document.hidden ? 0 : performance.now();
    scrollTo(0, 0);
    keep();
  }

  function draw() {
    const item = answers[at];
    byId("done").value = decided();
    byId("place").textContent = screen === "stage" ? (at + 1) + " of " + showings.length
      : decided() ? decided() + " of " + showings.length + " decided" : "";
    byId("place").hidden = screen === "start" && !decided();
    byId("finish").hidden = screen === "end" || (screen === "start" && !decided());
    document.querySelectorAll("button[data-decision]").forEach((button) => {
      button.setAttribute("aria-pressed", String(item.d === button.dataset.decision));
    });
    document.querySelectorAll("[data-reason]").forEach((button) => {
      button.setAttribute("aria-pressed", String(item.r.includes(Number(button.dataset.reason))));
    });
    stage.dataset.decision = item.d || "";
    byId("previous").disabled = at === 0;
    byId("undo").disabled = !past.length;
    if (screen === "end") total();
  }

  function total() {
    const count = (what) => answers.filter((item) => item.d === what).length;
    const rows = [["accepted", count("accept")], ["rejected", count("reject")], ["skipped", count("skip")],
      ["left", count(null)]];
    byId("totals").replaceChildren(...rows.map(([label, number]) => {
      const row = document.createElement("div"), term = document.createElement("dt");
      const value = document.createElement("dd");
      term.textContent = label;
      value.textContent = String(number);
      row.append(term, value);
      return row;
    }));
    byId("end-title").textContent = count(null) ? "Your decisions so far" : "Done: all " + showings.length + " decided";
    byId("back").textContent = count(null) ? "Go on with the rest" : "Back to the samples";
    byId("signed").value = name;
    byId("file").textContent = fileName("json");
  }

  function tell(text) {
    said.textContent = text;
    if (!calm.matches && said.animate) said.animate([{ transform: "translateY(3px)" }, { transform: "none" }], 140);
  }

  function decide(what) {
    if (screen !== "stage") return;
    clock();
    past.push([at, answers[at].d]);
    answers[at].d = what;
    answers[at].t = Math.round(answers[at].t * 10) / 10;
    unsaved = true;
    const told = words[what] + " sample " + (at + 1) + ".";
    if (at === showings.length - 1 || decided() === showings.length) {
      keep();
      finish();
    } else go(at + 1);
    tell(told + (screen === "end" ? "" : " Now " + (at + 1) + " of " + showings.length + "."));
  }

  function undo() {
    if (!past.length) return tell("There is nothing to undo.");
    const [place, before] = past.pop();
    answers[place].d = before;
    unsaved = true;
    go(place);
    tell("Undone: sample " + (place + 1) + " is open again.");
  }

  function toggle(reason) {
    if (screen !== "stage" || reason >= data.reasons.length) return;
    const mine = answers[at].r;
    answers[at].r = mine.includes(reason) ? mine.filter((item) => item !== reason) : [...mine, reason].sort();
    if (answers[at].d !== null) unsaved = true;
    draw();
    keep();
    tell(data.reasons[reason] + (answers[at].r.includes(reason) ? " chosen." : " left out."));
  }

  function finish() {
    clock();
    shownAt = 0;
    said.textContent = "";
    show("end");
    byId("end-title").focus();
  }

  function resume() {
    const first = answers.findIndex((item) => item.d === null);
    go(first < 0 ? Math.min(at, showings.length - 1) : first);
  }

  // The line on the wave follows the sound.
  function hear() {
    const player = stage.querySelector("audio"), head = stage.querySelector(".head");
    if (!player || !head) return;
    const width = head.ownerSVGElement.viewBox.baseVal.width;
    const follow = () => {
      const x = player.duration ? (player.currentTime / player.duration) * width : 0;
      head.setAttribute("x1", x);
      head.setAttribute("x2", x);
      if (!player.paused && !calm.matches) requestAnimationFrame(follow);
    };
    ["play", "pause", "timeupdate", "seeked", "ended"].forEach((event) => player.addEventListener(event, follow));
  }

  function play() {
    const player = stage.querySelector("audio");
    if (player) (player.paused ? player.play().catch(() => {}) : player.pause());
    return Boolean(player);
  }

  // What is real, and where a sample comes from, is only opened here.
  function unsealed() {
    const bytes = Uint8Array.from(atob(data.sealed), (sign) => sign.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes));
  }

  function record() {
    const open = unsealed();
    const decisions = answers.map((item, place) => {
      const [sample, occurrence] = showings[place];
      return { ...open.samples[sample], occurrence, decision: item.d, reasons: item.r.map((r) => data.reasons[r]),
        seconds: Math.round(item.t * 10) / 10 };
    }).filter((item) => item.decision !== null);
    return { ...open.head, reviewer: name.trim(), saved: new Date().toISOString(), decisions };
  }

  function fileName(kind) {
    const who = name.trim().toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 30);
    return "decisions-" + (who ? who + "-" : "") + data.review_id + "." + kind;
  }

  function table(found) {
    const columns = ["id", "origin", "occurrence", "decision", "reasons", "seconds", "stratum", "inclusion"];
    const quote = (value) => {
      const text = Array.isArray(value) ? value.join("; ") : String(value);
      // A spreadsheet would run such a cell as a formula.
      const safe = /^[=+@\t\r]|^-(?![\d.]+$)/.test(text) ? "'" + text : text;
      return '"' + safe.replaceAll('"', '""') + '"';
    };
    const rows = found.decisions.map((item) => [...columns.map((column) => item[column]), found.reviewer,
      found.review_id]);
    return [[...columns, "reviewer", "review_id"], ...rows].map((row) => row.map(quote).join(",")).join("\r\n") + "\r\n";
  }

  function save(kind) {
    name = byId("signed").value.trim();
    byId("unsigned").hidden = Boolean(name);
    if (!name) return byId("signed").focus();
    const found = record();
    const text = kind === "csv" ? table(found) : JSON.stringify(found, null, 1) + "\n";
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: kind === "csv" ? "text/csv" : "application/json" }));
    link.download = fileName(kind);
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    if (kind === "json") unsaved = false;
    keep();
    tell("Saved as " + link.download + ".");
  }

  async function load(file) {
    try {
      const found = JSON.parse(await file.text());
      if (!found || !Array.isArray(found.decisions)) throw new Error("it holds no decisions");
      if (found.review_id !== data.review_id) throw new Error("it belongs to another review page");
      const samples = unsealed().samples;
      const places = new Map(showings.map(([sample, occurrence], place) =>
        [JSON.stringify([samples[sample].origin, samples[sample].id, occurrence]), place]));
      for (const item of found.decisions) {
        const place = places.get(JSON.stringify([item.origin, item.id, item.occurrence]));
        if (place === undefined) throw new Error("it has samples that this page has not");
        const reasons = (item.reasons || []).map((reason) => data.reasons.indexOf(reason)).filter((r) => r >= 0);
        answers[place] = sound({ d: item.decision, r: reasons, t: item.seconds });
      }
      name = name || String(found.reviewer || "");
      byId("name").value = name;
      past = [];
      warn("");
      resume();
      keep();
      tell("Loaded " + found.decisions.length + " decisions.");
    } catch (error) {
      warn("This file cannot be used: " + (error instanceof SyntaxError ? "it is no JSON" : error.message) + ".");
    }
  }

  function begin() {
    name = byId("name").value.trim();
    resume();
    stage.focus({ preventScroll: true });
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || byId("help").open) return;
    const typing = event.target.matches("input, textarea, select");
    if (screen === "start" && event.key === "Enter" && (typing || event.target === document.body)) {
      event.preventDefault();
      return begin();
    }
    if (typing) return;
    if (event.repeat && event.key === "Enter") return event.preventDefault();
    if (event.key === "?") { event.preventDefault(); return byId("help").showModal(); }
    if (screen === "end" && event.key.toLowerCase() === "u" && !event.repeat) return undo();
    if (screen !== "stage") return;
    const pressed = event.key.toLowerCase();
    const acts = { a: () => decide("accept"), r: () => decide("reject"), s: () => decide("skip"), u: undo };
    if (acts[pressed]) { if (!event.repeat) acts[pressed](); return; }
    if (/^[1-9]$/.test(pressed)) { if (!event.repeat) toggle(Number(pressed) - 1); return; }
    const inside = event.target.closest("button, summary, audio, .box");
    if (event.key === " " && !inside && play()) event.preventDefault();
    if (event.target.closest("audio, .box, dd")) return;
    if (event.key === "ArrowLeft") move(-1);
    if (event.key === "ArrowRight") move(1);
  });

  function move(step) {
    if (at + step === showings.length) return finish();
    if (at + step < 0) return tell("This is the first sample.");
    go(at + step);
    tell("Sample " + (at + 1) + " of " + showings.length + (answers[at].d ? ", " + words[answers[at].d].toLowerCase() : "") + ".");
  }

  // After a click of the mouse, Space plays the next recording instead of pressing the same button again.
  function leave(event) { if (event.detail && screen === "stage") stage.focus({ preventScroll: true }); }

  const click = (id, act) => byId(id).addEventListener("click", act);
  click("begin", begin);
  click("finish", finish);
  click("ask", () => byId("help").showModal());
  click("close", () => byId("help").close());
  click("undo", undo);
  click("previous", () => move(-1));
  click("next", () => move(1));
  click("back", resume);
  click("json", () => save("json"));
  click("csv", () => save("csv"));
  byId("signed").addEventListener("input", () => {
    name = byId("signed").value;
    byId("file").textContent = fileName("json");
    keep();
  });
  document.querySelectorAll("button[data-decision]").forEach((button) => {
    button.addEventListener("click", (event) => { decide(button.dataset.decision); leave(event); });
  });
  document.querySelectorAll("[data-reason]").forEach((button) => {
    button.addEventListener("click", (event) => { toggle(Number(button.dataset.reason)); leave(event); });
  });
  document.querySelectorAll(".load").forEach((button) => {
    button.addEventListener("click", () => { byId("help").close(); byId("file-input").click(); });
  });
  byId("file-input").addEventListener("change", (event) => {
    if (event.target.files.length) load(event.target.files[0]);
    event.target.value = "";
  });
  document.addEventListener("visibilitychange", clock);
  addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });

  restore();
  byId("name").value = name;
  if (decided()) {
    resume();
    tell("Welcome back: " + decided() + " of " + showings.length + " are decided.");
  } else show("start");
})();
