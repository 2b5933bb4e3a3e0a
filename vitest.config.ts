import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { conditions: ["@tieline/source"] },
  ssr: { resolve: { conditions: ["@tieline/source", "node"] } },
  test: {
    include: ["packages/*/src/**/*.test.ts", "scripts/**/*.test.ts", "examples/**/*.test.ts"],
    globalSetup: "scripts/own-home.setup.ts",
    pool: "threads",
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
