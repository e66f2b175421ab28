// Comforts only: every page works without this file.

const field = document.querySelector('input[type="file"]');
if (field) {
  const form = field.form;
  const zone = field.closest(".drop");
  const said = document.getElementById("file-chosen");
  const limit = Number(form.dataset.limit);
  let entered = 0;

  const show = () => {
    const file = field.files[0];
    const large = file && file.size > limit;
    field.setCustomValidity(large ? said.dataset.large : "");
    said.textContent = !file ? "" : large ? `${file.name}: ${said.dataset.large}` : file.name;
  };
  const carriesFile = (event) => event.dataTransfer && [...event.dataTransfer.types].includes("Files");

  // The browser's own button speaks the browser's language; ours speaks the page's.
  zone.querySelector(".pick").hidden = false;
  field.classList.add("unseen");

  field.addEventListener("change", show);
  document.addEventListener("dragenter", (event) => {
    if (carriesFile(event)) {
      entered += 1;
      zone.classList.add("over");
    }
  });
  document.addEventListener("dragleave", () => {
    entered = Math.max(0, entered - 1);
    if (!entered) zone.classList.remove("over");
  });
  document.addEventListener("dragover", (event) => {
    if (carriesFile(event)) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    if (!carriesFile(event)) return;
    event.preventDefault();
    entered = 0;
    zone.classList.remove("over");
    const one = new DataTransfer();
    if (event.dataTransfer.files[0]) one.items.add(event.dataTransfer.files[0]);
    field.files = one.files;
    show();
    form.querySelector(".button").focus();
  });

  // Nothing typed is lost, not even by changing the language in the middle of it.
  const text = form.elements.text;
  const draft = "sealmark-draft";
  if (!text.value) text.value = sessionStorage.getItem(draft) || "";
  text.addEventListener("input", () => {
    try {
      sessionStorage.setItem(draft, text.value);
    } catch {
      sessionStorage.removeItem(draft); // longer than what the browser keeps
    }
  });

  const button = form.querySelector(".button");
  const word = button.textContent;
  form.addEventListener("submit", () => {
    sessionStorage.removeItem(draft);
    button.setAttribute("aria-busy", "true");
    button.textContent = button.dataset.busy;
  });
  addEventListener("pageshow", () => {
    button.removeAttribute("aria-busy");
    button.textContent = word;
    show();
  });
}

if (navigator.clipboard) {
  for (const button of document.querySelectorAll("[data-copy]")) {
    const says = button.querySelector(".unseen");
    const before = says.textContent;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.dataset.copy);
      says.textContent = button.dataset.done;
      button.classList.add("done");
      setTimeout(() => {
        says.textContent = before;
        button.classList.remove("done");
      }, 2000);
    });
  }
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
