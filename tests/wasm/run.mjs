// Runs a program that was compiled to wasm under node:  node run.mjs PROGRAM.mjs [ARGUMENT]...
// Its environment is ours as far as it concerns tests, and its exit status becomes ours.
import { pathToFileURL } from 'node:url';

const [program, ...programArguments] = process.argv.slice(2);
if (program === undefined) {
  console.error('usage: node run.mjs PROGRAM.mjs [ARGUMENT]...');
  process.exit(2);
}

const { default: createProgram } = await import(pathToFileURL(program).href);
const passedOn = Object.entries(process.env).filter(([name]) => /^(SAMOVAR|GTEST)_/.test(name));

await createProgram({
  arguments: programArguments,
  preRun: [(module) => Object.assign(module.ENV, Object.fromEntries(passedOn))],
  onExit: (status) => {
    process.exitCode = status;
  },
  onAbort: (reason) => {
    console.error(`aborted: ${reason}`);
    process.exit(134);
  },
});
