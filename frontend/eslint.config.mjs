import js from "@eslint/js";
import lit from "eslint-plugin-lit";
import litA11y from "eslint-plugin-lit-a11y";
import wc from "eslint-plugin-wc";
import ts from "typescript-eslint";

export default ts.config(
  { ignores: ["node_modules/**"] },
  js.configs.recommended,
  ...ts.configs.strict,
  { files: ["src/**/*.ts"], ...lit.configs["flat/recommended"] },
  { files: ["src/**/*.ts"], ...wc.configs["flat/recommended"] },
  {
    files: ["src/**/*.ts"],
    plugins: { "lit-a11y": litA11y },
    rules: Object.fromEntries(Object.keys(litA11y.rules).map((rule) => [`lit-a11y/${rule}`, "error"])),
  },
  {
    files: ["src/**/*.ts"],
    rules: {
      "lit/no-invalid-html": "error",
      // Browsers fire change on a select once it is decided, by keyboard too.
      "lit-a11y/no-invalid-change-handler": "off",
    },
  },
  {
    files: ["src/**/*.ts", "tests/**/*.ts"],
    rules: { "max-lines": ["error", 400] },
  },
  { files: ["*.mjs"], languageOptions: { globals: { console: "readonly", process: "readonly" } } },
);
