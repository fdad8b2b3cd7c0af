// What makes the console quicker. Every page works without it.
"use strict";
(() => {
  const all = (selector, below = document) => [...below.querySelectorAll(selector)];
  const make = (tag, more = {}, ...inside) => {
    const made = Object.assign(document.createElement(tag), more);
    made.append(...inside);
    return made;
  };
  const lines = (area) => area.value.split(/[\n,]/).map((one) => one.trim()).filter(Boolean);

  // Buttons that only a script can serve are shown by it.
  const wake = (below = document) => {
    all("[data-copy], [data-save], [data-all]", below).forEach((one) => (one.hidden = false));
    all("[data-picker]", below).forEach(picker);
    all("[data-read]", below).forEach(reader);
    all(".scroll", below).forEach((one) => one.scrollWidth <= one.clientWidth && one.removeAttribute("tabindex"));
    // What is taken as it is typed needs no button.
    all("form[data-live] .apply", below).forEach((one) => (one.hidden = true));
    all("[data-countdown]", below).length && tick();
    count();
  };

  // A list of names to tick, with a search, beside the lines that they are written on.
  const MOST = 200;
  const picker = (box) => {
    const area = box.querySelector("textarea");
    const from = document.querySelector(box.dataset.picker);
    const names = from ? all("option", from).map((one) => [one.value, one.label === one.value ? "" : one.label]) : [];
    if (!area || !names.length || box.querySelector(".picks")) return;
    const search = make("input", { type: "search", placeholder: box.dataset.search, autocomplete: "off" });
    search.setAttribute("aria-label", box.dataset.search);
    const list = make("ul");
    const none = make("p", { className: "quiet", textContent: box.dataset.none, hidden: true });
    const draw = () => {
      const wanted = search.value.trim().toLowerCase(), chosen = new Set(lines(area));
      const fit = names.filter((one) => one.some((text) => text.toLowerCase().includes(wanted)));
      none.hidden = fit.length > 0;
      list.replaceChildren(...fit.slice(0, MOST).map(([name, more]) => {
        const box = make("input", { type: "checkbox", value: name, checked: chosen.has(name) });
        return make("li", {}, make("label", {}, box, make("bdi", { textContent: name }), make("small", { textContent: more })));
      }));
    };
    search.addEventListener("input", draw);
    search.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
    list.addEventListener("change", ({ target }) => {
      const rest = lines(area).filter((one) => one !== target.value);
      area.value = (target.checked ? [...rest, target.value] : rest).join("\n");
      area.rows = Math.min(8, Math.max(area.rows, lines(area).length));
    });
    area.addEventListener("input", draw);
    const picks = make("details", { className: "picks" }, make("summary", { textContent: box.dataset.choose }), make("div", {}, search, list, none));
    picks.addEventListener("toggle", () => picks.open && draw());
    box.append(picks);
  };

  // A file is read into a field, where it can be looked at before it is sent.
  const reader = (box) => {
    const file = make("input", { type: "file" });
    file.setAttribute("aria-label", box.dataset.label);
    file.addEventListener("change", async () => {
      if (file.files[0]) document.querySelector(box.dataset.read).value = await file.files[0].text();
    });
    box.prepend(file);
  };

  // Addresses and networks are looked at as they are typed; the server decides.
  const four = /^(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}(\/(3[0-2]|[12]?\d))?$/;
  const six = /^[0-9a-f:]*:[0-9a-f:.]*(\/(12[0-8]|1[01]\d|\d?\d))?$/i;
  const check = (area) => {
    const odd = lines(area).find((one) => !["any", "none"].includes(one) && !four.test(one) && !six.test(one));
    const field = area.closest(".field");
    const text = odd ? field.closest("[data-odd]").dataset.odd.replace("…", odd) : "";
    let said = field.querySelector(".problem");
    if (!said) field.append((said = make("p", { className: "problem", role: "alert" })));
    said.textContent = text;
    area.setCustomValidity(text);
    area.setAttribute("aria-invalid", odd ? "true" : "false");
    field.classList.toggle("wrong", Boolean(odd));
  };

  // Another page, read: where it is, and what is on it.
  const read = async (url, options) => {
    const answer = await fetch(url, { headers: { accept: "text/html" }, ...options });
    return { answer, page: new DOMParser().parseFromString(await answer.text(), "text/html") };
  };

  // Takes a part of a page from the server again.
  let pending;
  const swap = async (url, selector, push) => {
    const target = document.querySelector(selector);
    if (pending) pending.abort();
    pending = new AbortController();
    target.classList.add("loading");
    try {
      const { answer, page } = await read(url, { signal: pending.signal });
      if (answer.redirected) return void location.assign(answer.url);
      const fresh = answer.ok && page.querySelector(selector);
      if (!fresh) return;
      target.replaceWith(fresh);
      const quick = document.querySelector(".quick"), other = page.querySelector(".quick");
      if (push && quick && other) quick.replaceWith(other);
      if (push) history.replaceState(null, "", url);
      wake(fresh);
    } catch (error) {
      if (error.name !== "AbortError") target.classList.remove("loading");
    } finally {
      const now = document.querySelector(selector);
      if (now) now.classList.remove("loading");
    }
  };

  const address = (form) => {
    const fields = [...new FormData(form)].filter(([, value]) => value);
    const now = new URLSearchParams(location.search);
    for (const name of ["expiring_within", "used_since", "never_used", "unused_since"])
      if (now.get(name) && form.matches("[data-live]")) fields.push([name, now.get(name)]);
    const query = new URLSearchParams(fields).toString();
    return form.action.split("?")[0] + (query ? "?" + query : "");
  };

  // Forms of other pages, and questions, in a dialog over this one. The browser keeps the focus
  // inside it, and gives it back to where it was.
  const dialog = make("dialog");
  let guest;
  const leave = () => {
    if (guest) guest.home.append(guest.form);
    guest = undefined;
    dialog.replaceChildren();
  };
  // The browser tells of a close a moment after it: something else may be open by then.
  dialog.addEventListener("close", () => dialog.open || leave());
  // A secret that is shown once is not lost by a slip.
  dialog.addEventListener("cancel", (event) => dialog.querySelector(".once") && event.preventDefault());
  dialog.addEventListener("click", (event) => {
    const outside = event.target === dialog && !dialog.querySelector(".once, form");
    if (outside || event.target.closest(".cancel")) (event.preventDefault(), dialog.close());
  });
  const present = (...content) => {
    if (!dialog.isConnected) document.body.append(dialog);
    dialog.replaceChildren(...content);
    const title = dialog.querySelector("h1, h2, label");
    if (title) title.id ||= "dialog-title";
    dialog.setAttribute("aria-labelledby", title ? title.id : "");
    if (!dialog.open) dialog.showModal();
    wake(dialog);
    const first = dialog.querySelector("[aria-invalid=true], .once button, .field input, .field textarea, .field select");
    if (first) first.focus();
    dialog.scrollTop = 0;
  };
  const open = async (link) => {
    const { answer, page } = await read(link.href);
    const pane = page.querySelector("#pane");
    if (!answer.ok || answer.redirected || !pane) return void location.assign(link.href);
    present(pane);
  };
  const send = async (form, button) => {
    const fields = new URLSearchParams(new FormData(form, button));
    if (button) button.disabled = true;
    try {
      const { answer, page } = await read(form.action, { method: "POST", body: fields });
      // The same address again would only scroll.
      if (answer.redirected) return void (answer.url === location.href ? location.reload() : location.assign(answer.url));
      const pane = page.querySelector("#pane");
      const again = all("form", page).find((one) => one.getAttribute("action") === form.getAttribute("action"));
      if (pane) return present(pane);
      guest = undefined;
      if (again && dialog.open) return present(again);
      present(page.querySelector("main"));
    } finally {
      if (button) button.disabled = false;
    }
  };
  const ask = (box) => {
    if (guest) leave();
    const form = box.querySelector("form");
    guest = { form, home: box };
    if (!form.querySelector(".cancel")) form.querySelector("button").after(make("button", { type: "button", className: "cancel", textContent: box.dataset.cancel }));
    present(form);
  };

  let timer;
  document.addEventListener("input", (event) => {
    if (event.target.matches("[data-check=network]")) check(event.target);
    const form = event.target.closest("form[data-live]");
    if (!form) return;
    clearTimeout(timer);
    timer = setTimeout(() => swap(address(form), form.dataset.live, true), event.target.matches("select") ? 0 : 180);
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.matches("[data-live]")) {
      event.preventDefault();
      swap(address(form), form.dataset.live, true);
    } else if (form.method === "post" && (form.matches("[data-sheet]") || dialog.contains(form))) {
      event.preventDefault();
      send(form, event.submitter);
    }
  });

  document.addEventListener("click", async (event) => {
    const plain = !(event.ctrlKey || event.metaKey || event.shiftKey);
    const link = event.target.closest("a[data-sheet]"), question = event.target.closest(".ask > summary");
    if (link && plain) (event.preventDefault(), open(link));
    if (question) (event.preventDefault(), ask(question.parentElement));
    const copy = event.target.closest("[data-copy]"), save = event.target.closest("[data-save]");
    if (copy) {
      await navigator.clipboard.writeText(document.querySelector(copy.dataset.copy).textContent);
      const label = copy.querySelector("span"), before = label ? label.textContent : "";
      if (label) label.textContent = copy.dataset.done;
      copy.classList.add("done");
      setTimeout(() => { if (label) label.textContent = before; copy.classList.remove("done"); }, 1600);
    }
    if (save) {
      const url = URL.createObjectURL(new Blob([document.querySelector(save.dataset.save).textContent + "\n"], { type: "text/plain" }));
      make("a", { href: url, download: save.dataset.file }).click();
      URL.revokeObjectURL(url);
    }
    // Menus close where something else is clicked.
    all(".person[open], .more[open]").forEach((one) => one.contains(event.target) || (one.open = false));
  });

  // How many are chosen.
  const count = () => all("[data-count]").forEach((output) => {
    output.textContent = all(output.dataset.count + " tbody input:checked").length;
  });
  document.addEventListener("change", (event) => {
    const every = event.target.closest("[data-all]");
    if (every) all(every.dataset.all + " tbody input[type=checkbox]").forEach((one) => (one.checked = every.checked));
    count();
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") all(".person[open], .more[open]").forEach((one) => {
      one.open = false;
      one.querySelector("summary").focus();
    });
    if (event.ctrlKey || event.metaKey || event.altKey || dialog.open || event.target.matches("input, textarea, select")) return;
    const found = all("[data-key]").find((one) => one.dataset.key === event.key);
    if (!found) return;
    event.preventDefault();
    found.matches("a") ? found.click() : found.focus();
  });

  // What is live is taken again now and then, while somebody looks.
  const live = document.querySelector("[data-refresh]");
  if (live) setInterval(() => {
    if (document.visibilityState === "visible" && !dialog.open) swap(location.href, "#live", false);
  }, live.dataset.refresh * 1000);

  // A countdown to the end of a secret.
  const tick = () => all("[data-countdown]").forEach((one) => {
    const left = Math.max(0, Math.floor((new Date(one.dataset.countdown) - Date.now()) / 1000));
    const two = (number) => String(number).padStart(2, "0");
    const time = one.querySelector("time");
    if (time && left < 172800) time.textContent = two(Math.floor(left / 3600)) + ":" + two(Math.floor(left / 60) % 60) + ":" + two(left % 60);
  });
  setInterval(tick, 1000);

  wake();
  // A question that was answered wrongly is asked again.
  all(".ask[open]").forEach(ask);
})();
