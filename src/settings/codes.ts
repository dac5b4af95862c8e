/** Every rule of the settings file: its stable id, and why it exists. */
export const SETTINGS_RULES = {
  "settings-one-document": "A second document would be read by nobody, however strict it is.",
  "settings-version": "A file of another version may mean something else by the same words.",
  "settings-not-a-map": "Settings are keys with values; a list or a text in their place says nothing.",
  "settings-unknown-key": "A misspelt limit would be no limit, so what is not known is refused.",
  "settings-twice": "Readers differ in which of two equal keys they keep.",
  "settings-missing": "Without this value the settings would promise or permit something that nobody wrote.",
  "settings-wrong-value": "The value is not one that this setting takes, and a guess could permit too much.",
  "settings-runner-key": "Reports and tickets are exchanged with the one runner whose key is written here.",
  "settings-unknown-objective": "An environment is judged by objectives of the same file.",
} as const;

export type SettingsCode = keyof typeof SETTINGS_RULES;
