/** Language, theme and cover: what this browser remembers in the clear, and nothing else. */
import { effect, signal } from "@preact/signals";
import { baseLocale, locales, overwriteGetLocale } from "./paraglide/runtime.js";

export type Language = (typeof locales)[number];
export const LANGUAGES = locales;
/** In their own words. */
export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = { en: "English", de: "Deutsch" };

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

/** What stands before the lock screen. */
export const COVERS = ["none", "calculator", "notes"] as const;
export type Cover = (typeof COVERS)[number];

const isCover = (text: string | null): text is Cover => COVERS.some((one) => one === text);
const isLanguage = (text: string | null | undefined): text is Language =>
  LANGUAGES.some((one) => one === text);
const isTheme = (text: string | null): text is Theme => THEMES.some((one) => one === text);

function firstLanguage(): Language {
  const stored = localStorage.getItem("language");
  if (isLanguage(stored)) return stored;
  return navigator.languages.map((tag) => tag.split("-")[0]).find(isLanguage) ?? baseLocale;
}

function firstTheme(): Theme {
  const stored = localStorage.getItem("theme");
  return isTheme(stored) ? stored : "system";
}

export const language = signal<Language>(firstLanguage());
export const theme = signal<Theme>(firstTheme());
const storedCover = localStorage.getItem("cover");
export const cover = signal<Cover>(isCover(storedCover) ? storedCover : "none");

overwriteGetLocale(() => language.value);

/** The tag to format dates and numbers with: the person's own region where it fits the language. */
export const formatTag = (): string =>
  navigator.languages.find((tag) => tag.startsWith(language.value)) ?? language.value;

export function chooseLanguage(chosen: Language): void {
  language.value = chosen;
  localStorage.setItem("language", chosen);
}

export function chooseTheme(chosen: Theme): void {
  theme.value = chosen;
  localStorage.setItem("theme", chosen);
}

export function chooseCover(chosen: Cover): void {
  cover.value = chosen;
  localStorage.setItem("cover", chosen);
}

/** Keeps the page's root in step with what was chosen. */
export function applyPreferences(root: HTMLElement): void {
  effect(() => {
    root.lang = language.value;
    root.dataset["theme"] = theme.value;
  });
}
