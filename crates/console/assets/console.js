// What makes the console quicker. Every page works without it.
"use strict";
(() => {
  const all = (selector, below = document) => [...below.querySelectorAll(selector)];

  // Buttons that only a script can serve are shown by it.
  const wake = (below = document) => {
    all("[data-copy], [data-save], [data-all]", below).forEach((one) => (one.hidden = false));
    all("[data-picker]", below).forEach(picker);
    all(".scroll", below).forEach((one) => one.scrollWidth <= one.clientWidth && one.removeAttribute("tabindex"));
    // What is taken as it is typed needs no button.
    all("form[data-live] .apply", below).forEach((one) => (one.hidden = true));
    count();
  };

  // Proposals for a list of names: chosen ones are put on a line of their own.
  const picker = (box) => {
    const area = box.querySelector("textarea");
    const names = all("option", document.querySelector(box.dataset.picker) || box).map((one) => one.value);
    if (!area || !names.length || box.querySelector(".picks")) return;
    const picks = document.createElement("div");
    picks.className = "picks";
    const select = document.createElement("select");
    select.setAttribute("aria-label", box.dataset.label);
    select.append(new Option(box.dataset.label + "…", ""), ...names.map((name) => new Option(name, name)));
    select.addEventListener("change", () => {
      const lines = area.value.split(/[\n,]/).map((one) => one.trim()).filter(Boolean);
      if (select.value && !lines.includes(select.value)) lines.push(select.value);
      area.value = lines.join("\n");
      select.value = "";
      area.dispatchEvent(new Event("input", { bubbles: true }));
    });
    picks.append(select);
    box.append(picks);
  };

  // Addresses and networks are looked at as they are typed; the server decides.
  const four = /^(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}(\/(3[0-2]|[12]?\d))?$/;
  const six = /^[0-9a-f:]*:[0-9a-f:.]*(\/(12[0-8]|1[01]\d|\d?\d))?$/i;
  const check = (area) => {
    const odd = area.value.split(/[\n,]/).map((one) => one.trim()).filter((one) => one && one !== "any" && !four.test(one) && !six.test(one));
    area.setCustomValidity(odd.length ? odd[0] + " ?" : "");
    area.setAttribute("aria-invalid", odd.length ? "true" : "false");
    area.closest(".field").classList.toggle("wrong", odd.length > 0);
  };

  // Takes a part of a page from the server again.
  let pending;
  const swap = async (url, selector, push) => {
    const target = document.querySelector(selector);
    if (pending) pending.abort();
    pending = new AbortController();
    target.classList.add("loading");
    try {
      const answer = await fetch(url, { signal: pending.signal, headers: { accept: "text/html" } });
      if (answer.redirected) return void location.assign(answer.url);
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector(selector);
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

  let timer;
  document.addEventListener("input", (event) => {
    if (event.target.matches("[data-check=network]")) check(event.target);
    const form = event.target.closest("form[data-live]");
    if (!form) return;
    clearTimeout(timer);
    timer = setTimeout(() => swap(address(form), form.dataset.live, true), event.target.matches("select") ? 0 : 180);
  });
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-live]");
    if (!form) return;
    event.preventDefault();
    swap(address(form), form.dataset.live, true);
  });

  document.addEventListener("click", async (event) => {
    const copy = event.target.closest("[data-copy]"), save = event.target.closest("[data-save]");
    if (copy) {
      await navigator.clipboard.writeText(document.querySelector(copy.dataset.copy).textContent);
      const label = copy.querySelector("span");
      const before = label ? label.textContent : "";
      if (label) label.textContent = copy.dataset.done;
      copy.classList.add("primary");
      setTimeout(() => { if (label) label.textContent = before; if (label && !copy.closest(".secret")) copy.classList.remove("primary"); if (!label) copy.classList.remove("primary"); }, 1600);
    }
    if (save) {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([document.querySelector(save.dataset.save).textContent + "\n"], { type: "text/plain" }));
      link.download = save.dataset.file;
      link.click();
      URL.revokeObjectURL(link.href);
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
    if (event.key === "Escape") all(".person[open], .more[open]").forEach((one) => (one.open = false));
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, textarea, select")) return;
    const found = all("[data-key]").find((one) => one.dataset.key === event.key);
    if (!found) return;
    event.preventDefault();
    found.matches("a") ? found.click() : found.focus();
  });

  // What is live is taken again now and then, while somebody looks.
  const live = document.querySelector("[data-refresh]");
  if (live) setInterval(() => {
    if (document.visibilityState === "visible") swap(location.href, "#live", false);
  }, live.dataset.refresh * 1000);

  // A countdown to the end of a secret.
  const tick = () => all("[data-countdown]").forEach((one) => {
    const left = Math.max(0, Math.floor((new Date(one.dataset.countdown) - Date.now()) / 1000));
    const two = (number) => String(number).padStart(2, "0");
    const time = one.querySelector("time");
    if (time && left < 172800) time.textContent = two(Math.floor(left / 3600)) + ":" + two(Math.floor(left / 60) % 60) + ":" + two(left % 60);
  });
  if (document.querySelector("[data-countdown]")) { tick(); setInterval(tick, 1000); }

  wake();
})();
