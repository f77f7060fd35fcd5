// What must hold of an exported page in a browser. Each check answers with the problems it found, in words.
// Imports playwright-core.
/// <reference lib="dom.iterable" />
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";

/** Desktop; the same at a zoom of 200 %; a phone. CSS pixels. */
const WIDTHS = [1280, 640, 390];

/** What a page is expected to show, taken from its notebook. */
export interface Expected {
  figures: number;
  formulas: boolean;
}

/**
 * Opens a page of a site in a browser that is offline, and looks at it.
 *
 * @returns the problems, none for a good page
 */
export async function problemsOf(browser: Browser, site: string, file: string, expected: Expected): Promise<string[]> {
  const context = await browser.newContext({ viewport: { width: WIDTHS[0], height: 900 }, offline: true });
  const problems: string[] = [];
  const allowed = pathToFileURL(site).href + "/";
  context.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(allowed) && !url.startsWith("data:")) problems.push(`requested ${url}`);
  });
  try {
    // tsx wraps named functions in a helper of its own, which the page does not have.
    await context.addInitScript("globalThis.__name = (named) => named");
    const page = await context.newPage();
    page.on("websocket", (socket) => problems.push(`opened ${socket.url()}`));
    page.on("console", (message) => {
      if (message.type() === "error") problems.push(`console: ${message.text()}`);
    });
    page.on("pageerror", (error) => problems.push(`script: ${error.message}`));
    await page.goto(pathToFileURL(join(site, file)).href, { waitUntil: "load" });
    // What is folded is to be as good as the rest.
    await page.evaluate(() => document.querySelectorAll("details").forEach((details) => (details.open = true)));
    problems.push(
      ...(await page.evaluate(documentProblems)),
      ...(await page.evaluate(figureProblems, expected.figures)),
      ...(await page.evaluate(formulaProblems, expected.formulas)),
      ...(await page.evaluate(typeProblems)),
      ...(await contrastProblems(page)),
      ...(await linkProblems(page)),
      ...(await overflowProblems(page)),
    );
  } finally {
    await context.close();
  }
  return problems;
}

// The functions given to page.evaluate run in the page: each is whole in itself.

function documentProblems(): string[] {
  const problems: string[] = [];
  const headings = document.querySelectorAll("h1").length;
  if (headings !== 1) problems.push(`${headings} h1`);
  if (!document.documentElement.lang) problems.push("no language");
  if (!document.title.trim()) problems.push("no title");
  if (!document.querySelector('meta[name="description"]')?.getAttribute("content")) problems.push("no description");
  if (document.querySelector("script")) problems.push("a script");
  return problems;
}

function figureProblems(expected: number): string[] {
  const figures = [...document.querySelectorAll("figure")];
  const problems: string[] = [];
  if (figures.length !== expected) problems.push(`${figures.length} figures for ${expected} in the notebook`);
  figures.forEach((figure, index) => {
    const name = figure.id || `figure ${index + 1}`;
    const svg = figure.querySelector("svg");
    const box = svg?.getBoundingClientRect();
    if (!svg || !box || box.width < 200 || box.height < 100) {
      problems.push(`${name}: no drawing of a sensible size`);
      return;
    }
    const marks = [...svg.querySelectorAll(".role-mark :is(path, line, rect, text, image, use)")].filter((mark) => {
      const { width, height } = mark.getBoundingClientRect();
      return !mark.classList.contains("background") && (width > 0 || height > 0);
    });
    if (marks.length === 0) problems.push(`${name}: nothing drawn`);
    if (svg.getAttribute("role") !== "img" || !svg.getAttribute("aria-label")?.trim()) problems.push(`${name}: no alternative text`);
    const caption = figure.querySelector("figcaption")?.textContent ?? "";
    if (!caption.replace(/^Figure [\d.]+/, "").trim()) problems.push(`${name}: no caption`);
    if (!figure.querySelector("details td")) problems.push(`${name}: no data`);
  });
  return problems;
}

function formulaProblems(expected: boolean): string[] {
  const problems: string[] = [];
  const formulas = [...document.querySelectorAll("main math")];
  if (expected && formulas.length === 0) problems.push("no formula");
  for (const formula of formulas) {
    const { width, height } = formula.getBoundingClientRect();
    if (width === 0 || height === 0) problems.push(`an unset formula: ${formula.textContent}`);
  }
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const text = node.textContent ?? "";
    const raw = /\$\$|\\\(|\\\[|\\begin\{|\$(?![\s\d])[^$]*[^\s$]\$(?!\d)/.exec(text);
    if (raw && !node.parentElement?.closest("pre, code, math, svg, td")) problems.push(`raw TeX in the text: ${raw[0]}`);
  }
  return problems;
}

function typeProblems(): string[] {
  const problems: string[] = [];
  const size = (element: Element) => parseFloat(getComputedStyle(element).fontSize);
  for (const paragraph of document.querySelectorAll("main > p")) {
    if (size(paragraph) < 17) problems.push(`text of ${size(paragraph)} px`);
  }
  for (const code of document.querySelectorAll<HTMLElement>("main pre.code")) {
    if (size(code) < 14) problems.push(`code of ${size(code)} px`);
    const columns = Math.max(...code.innerText.split("\n").map((line) => line.length));
    if (columns <= 80 && code.scrollWidth > code.clientWidth) problems.push(`code of ${columns} columns scrolls`);
  }
  return problems;
}

async function contrastProblems(page: Page): Promise<string[]> {
  const problems: string[] = [];
  for (const colorScheme of ["dark", "light"] as const) {
    await page.emulateMedia({ colorScheme });
    problems.push(...(await page.evaluate(paleTexts)).map((text) => `${colorScheme}: ${text}`));
  }
  return problems;
}

/** Texts whose contrast with what lies behind them is below WCAG's 4.5. */
function paleTexts(): string[] {
  const channels = (color: string) => (color.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = (color: string) => {
    const [r, g, b] = channels(color).map((v) => (v <= 10.31 ? v / 3294.6 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const background = (element: Element | null): string => {
    if (!element) return "rgb(255, 255, 255)";
    const color = getComputedStyle(element).backgroundColor;
    return channels(color)[3] === 0 ? background(element.parentElement) : color;
  };
  const pale = new Set<string>();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!element || !node.textContent?.trim() || element.closest("svg, annotation")) continue;
    const [text, behind] = [getComputedStyle(element).color, background(element)];
    const [low, high] = [luminance(text), luminance(behind)].sort((a, b) => a - b);
    const contrast = (high + 0.05) / (low + 0.05);
    if (contrast < 4.5) pale.add(`${text} on ${behind} has a contrast of ${contrast.toFixed(2)} (${node.textContent.slice(0, 30)})`);
  }
  return [...pale];
}

async function linkProblems(page: Page): Promise<string[]> {
  const links = await page.evaluate(() => [...document.querySelectorAll("a")].map((link) => link.href));
  return links.flatMap((href) => {
    if (/^https?:/.test(href)) return [];
    const url = new URL(href);
    const fragment = decodeURIComponent(url.hash.slice(1));
    url.hash = "";
    const path = fileURLToPath(url);
    if (!existsSync(path)) return [`a link to nothing: ${href}`];
    const found = !fragment || readFileSync(path, "utf8").includes(` id="${fragment}"`);
    return found ? [] : [`a link to no part of its page: ${href}`];
  });
}

async function overflowProblems(page: Page): Promise<string[]> {
  const problems: string[] = [];
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    const needed = await page.evaluate(() => document.documentElement.scrollWidth);
    if (needed > width) problems.push(`needs ${needed} px where there are ${width}`);
    const wide = await page.evaluate(() =>
      [...document.querySelectorAll("figure > svg")].filter((svg) => svg.getBoundingClientRect().right > innerWidth + 0.5).length);
    if (wide) problems.push(`${wide} figures wider than ${width} px`);
  }
  return problems;
}
