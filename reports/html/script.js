// SPDX-License-Identifier: BSD-2-Clause
// What a page without script cannot do: stepping, copying, the theme. Without it everything is shown.
'use strict';

const said = document.getElementById('said');

// ---- Theme: automatic, light, dark ----
const themes = ['automatic', 'light', 'dark'];
const themeButton = document.getElementById('theme');

function remember(theme) {
  try {
    localStorage.setItem('nospan-theme', theme);
  } catch {
    // A page from an attachment may have no storage: then it is automatic next time.
  }
}

function remembered() {
  try {
    return localStorage.getItem('nospan-theme');
  } catch {
    return null;
  }
}

function setTheme(theme) {
  if (theme === 'automatic') {
    delete document.documentElement.dataset.theme;
  } else {
    document.documentElement.dataset.theme = theme;
  }
  document.getElementById('theme-name').textContent = theme;
}

themeButton.hidden = false;
setTheme(themes.includes(remembered()) ? remembered() : 'automatic');
themeButton.addEventListener('click', () => {
  const now = document.documentElement.dataset.theme || 'automatic';
  const next = themes[(themes.indexOf(now) + 1) % themes.length];
  setTheme(next);
  remember(next);
});

// ---- Stepping ----
class Stepper {
  constructor(element) {
    this.element = element;
    this.steps = [...element.querySelectorAll('[data-step]')];
    this.buttons = [...element.querySelectorAll('[data-go]')];
    element.classList.add('stepping');
    element.querySelector('.stepper-buttons').hidden = false;
    for (const button of this.buttons) {
      button.addEventListener('click', () => this.go(this.at + Number(button.dataset.go)));
    }
    for (const [index, step] of this.steps.entries()) step.addEventListener('click', () => this.go(index));
    this.show(0);
  }

  show(index) {
    this.at = index;
    for (const [i, step] of this.steps.entries()) {
      if (i === index) {
        step.setAttribute('aria-current', 'step');
      } else {
        step.removeAttribute('aria-current');
      }
    }
    this.element.querySelector('[data-position]').textContent = String(index + 1);
    for (const button of this.buttons) {
      const beyond = index + Number(button.dataset.go);
      button.setAttribute('aria-disabled', String(beyond < 0 || beyond >= this.steps.length));
    }
  }

  go(index) {
    const to = Math.max(0, Math.min(this.steps.length - 1, index));
    if (to === this.at) return;
    this.show(to);
    const step = this.steps[to];
    step.scrollIntoView({block: 'nearest'});
    said.textContent = `Step ${to + 1} of ${this.steps.length}: ${step.innerText.replace(/\s+/g, ' ')}`;
  }
}

const steppers = [...document.querySelectorAll('[data-stepper]')]
  .filter((element) => element.querySelector('.stepper-buttons'))
  .map((element) => new Stepper(element));

// The stepper that has the focus; else, for left and right only, the one that is most in view.
function stepperFor(event) {
  const inside = steppers.find((stepper) => stepper.element.contains(event.target));
  if (inside) return event.target.closest('pre') ? null : inside;
  if (event.target !== document.body && event.target.id !== 'main') return null;
  if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return null;
  let best = null;
  let most = 0;
  for (const stepper of steppers) {
    const box = stepper.element.getBoundingClientRect();
    const seen = Math.min(box.bottom, innerHeight) - Math.max(box.top, 0);
    if (seen > most) [best, most] = [stepper, seen];
  }
  return best;
}

document.addEventListener('keydown', (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const stepper = stepperFor(event);
  if (!stepper) return;
  const last = stepper.steps.length - 1;
  const to = {
    ArrowRight: stepper.at + 1,
    ArrowDown: stepper.at + 1,
    ArrowLeft: stepper.at - 1,
    ArrowUp: stepper.at - 1,
    Home: 0,
    End: last,
  }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  stepper.go(to);
});

// ---- Copying ----
async function copy(element) {
  try {
    await navigator.clipboard.writeText(element.textContent);
    return true;
  } catch {
    // No clipboard for pages from files in some browsers: select it, and ask the old way.
    getSelection().selectAllChildren(element);
    return document.execCommand('copy');
  }
}

for (const button of document.querySelectorAll('[data-copy]')) {
  button.hidden = false;
  button.addEventListener('click', async () => {
    const done = await copy(document.getElementById(button.dataset.copy));
    button.textContent = done ? 'Copied' : 'Selected: press Ctrl+C';
    said.textContent = button.textContent;
    setTimeout(() => {
      button.textContent = 'Copy';
    }, 2000);
  });
}

// ---- What is folded opens when a link leads to it, and on paper ----
function openTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  for (let element = target; element; element = element.parentElement) {
    if (element instanceof HTMLDetailsElement) element.open = true;
  }
  target.scrollIntoView();
}

addEventListener('hashchange', openTarget);
openTarget();

let closed = [];
addEventListener('beforeprint', () => {
  closed = [...document.querySelectorAll('details:not([open])')];
  for (const details of closed) details.open = true;
});
addEventListener('afterprint', () => {
  for (const details of closed) details.open = false;
});
