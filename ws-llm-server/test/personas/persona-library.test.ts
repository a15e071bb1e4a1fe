/** The library offers what the files say now: a saved file counts at once, a broken one changes nothing but the log. */
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import type { PersonaCard } from '@ws-llm/protocol';
import { expect, onTestFinished, test } from 'vitest';
import type { Logger } from '../../src/logger.ts';
import { PersonaLibrary, type PersonaLibraryOptions } from '../../src/personas/persona-library.ts';
import { personaFile, type ScratchFolder, scratchFolder } from './scratch-folder.ts';

interface Opened {
  library: PersonaLibrary;
  /** Resolves when the library tells of the next change. */
  changed: () => Promise<void>;
  /** Resolves with the problems that are logged next. */
  warned: () => Promise<string[]>;
  warnings: string[][];
}

const watching = { settleMs: 10, pollMs: 3_600_000 };

function shippedFolder(): ScratchFolder {
  const folder = scratchFolder();
  folder.write('kind.md', personaFile('title: Kind', 'You are kind.'));
  folder.write('wise.md', personaFile('title: Wise', 'You are wise.'));
  return folder;
}

async function open(options: Partial<PersonaLibraryOptions> = {}): Promise<Opened> {
  const warnings: string[][] = [];
  let wake: (problems: string[]) => void = () => undefined;
  const logger: Logger = {
    debug() {},
    info() {},
    warn({ problems }) {
      warnings.push(problems as string[]);
      wake(problems as string[]);
    },
    error() {},
  };
  const shipped = options.shippedFolder ?? shippedFolder().path;
  const library = await PersonaLibrary.open({
    persona: 'kind',
    shippedFolder: shipped,
    logger,
    watching,
    ...options,
  });
  onTestFinished(() => library.close());
  const changed = (): Promise<void> =>
    new Promise((resolve) => {
      const stop = library.onChange(() => {
        stop();
        resolve();
      });
    });
  const warned = (): Promise<string[]> =>
    new Promise((resolve) => {
      wake = resolve;
    });
  return { library, changed, warned, warnings };
}

const names = (cards: readonly PersonaCard[]): string[] => cards.map(({ name }) => name);

test('all are offered, the default one first', async () => {
  const { library } = await open({ persona: 'wise' });
  expect(library.default.card.title).toBe('Wise');
  expect(names(library.all)).toEqual(['wise', 'kind']);
  expect(library.get('kind')?.prompt).toBe('You are kind.');
  expect(library.get('pirate')).toBeUndefined();
});

test('the operator’s own are offered too, and win over shipped ones of the same name', async () => {
  const own = scratchFolder();
  own.write('kind.md', personaFile('title: My kind'));
  own.write('porter.md', personaFile('title: Porter'));
  const { library } = await open({ folder: own.path });
  expect(names(library.all)).toEqual(['kind', 'porter', 'wise']);
  expect(library.default.card.title).toBe('My kind');
});

test('the path of a file chooses the default one, whatever name it gives itself', async () => {
  const own = scratchFolder();
  own.write('night.md', personaFile('name: porter\ntitle: Porter'));
  own.write('other.md', personaFile('title: Other'));
  const { library } = await open({ persona: own.file('night.md') });
  expect(names(library.all)).toEqual(['porter', 'kind', 'wise']);
});

test('what is no persona in a folder is left alone', async () => {
  const own = scratchFolder();
  own.write('README.md', '# My personas');
  own.write('.draft.md', 'x');
  own.write('notes.txt', 'x');
  const { library, warnings } = await open({ folder: own.path });
  expect(names(library.all)).toEqual(['kind', 'wise']);
  expect(warnings).toEqual([]);
});

test('a persona that is saved counts at once; whoever has the one before keeps it unchanged', async () => {
  const own = scratchFolder();
  own.write('kind.md', personaFile('title: Kind', 'Old.'));
  const { library, changed } = await open({ folder: own.path });
  const before = library.default;
  const saved = changed();
  own.write('kind.md', personaFile('title: Kinder', 'New.'));
  await saved;
  expect(library.default).toMatchObject({ card: { title: 'Kinder' }, prompt: 'New.' });
  expect(before).toMatchObject({ card: { title: 'Kind' }, prompt: 'Old.' });
  expect(library.get('kind')).toBe(library.default);
});

test('one that is saved by renaming over it, created or removed counts at once', async () => {
  const own = scratchFolder();
  own.write('porter.md', personaFile('title: Porter'));
  const { library, changed } = await open({ folder: own.path });
  const replaced = changed();
  own.replace('porter.md', personaFile('title: Night porter'));
  await replaced;
  expect(library.get('porter')?.card.title).toBe('Night porter');
  const created = changed();
  own.write('cook.md', personaFile('title: Cook'));
  await created;
  expect(names(library.all)).toEqual(['kind', 'cook', 'porter', 'wise']);
  const removed = changed();
  own.remove('porter.md');
  await removed;
  expect(names(library.all)).toEqual(['kind', 'cook', 'wise']);
});

test('a persona of one’s own that goes gives way to the shipped one', async () => {
  const own = scratchFolder();
  own.write('wise.md', personaFile('title: My wise'));
  const { library, changed } = await open({ folder: own.path });
  const removed = changed();
  own.remove('wise.md');
  await removed;
  expect(library.get('wise')?.card.title).toBe('Wise');
});

test('the default one stays when its file goes', async () => {
  const shipped = shippedFolder();
  const { library, changed } = await open({ shippedFolder: shipped.path });
  const removed = changed();
  shipped.remove('kind.md');
  shipped.remove('wise.md');
  await removed;
  expect(names(library.all)).toEqual(['kind']);
  expect(library.get('kind')).toBe(library.default);
});

test('a file that breaks keeps its last good version and tells why, with file and line; mended it counts', async () => {
  const own = scratchFolder();
  own.write('porter.md', personaFile('title: Porter'));
  const { library, changed, warned } = await open({ folder: own.path });
  const broken = warned();
  own.write('porter.md', personaFile('title: Porter\ntemperature: hot'));
  expect(await broken).toEqual([`${own.file('porter.md')}:3: temperature: expected a number from 0 to 2`]);
  expect(library.get('porter')?.card.title).toBe('Porter');
  const mended = changed();
  own.write('porter.md', personaFile('title: Porter again'));
  await mended;
  expect(library.get('porter')?.card.title).toBe('Porter again');
});

test('a file that is broken at the start is left out and told, and comes when it is mended', async () => {
  const own = scratchFolder();
  own.write('porter.md', 'Hello');
  const { library, changed, warnings } = await open({ folder: own.path });
  expect(names(library.all)).toEqual(['kind', 'wise']);
  expect(warnings.flat()).toEqual([expect.stringMatching(/porter\.md:1: .*front matter/)]);
  const mended = changed();
  own.write('porter.md', personaFile('title: Porter'));
  await mended;
  expect(names(library.all)).toContain('porter');
});

test('a name that two files claim is the first one’s, and that is told', async () => {
  const own = scratchFolder();
  own.write('a.md', personaFile('name: porter\ntitle: A'));
  own.write('b.md', personaFile('name: porter\ntitle: B'));
  const { library, changed, warnings } = await open({ folder: own.path });
  expect(library.get('porter')?.card.title).toBe('A');
  expect(warnings).toEqual([[`${own.file('b.md')}: name: porter is what a.md is called already`]]);
  const removed = changed();
  own.remove('a.md');
  await removed;
  expect(library.get('porter')?.card.title).toBe('B');
});

test('saving a file without a change changes nothing', async () => {
  const own = scratchFolder();
  own.write('porter.md', personaFile('title: Porter'));
  const { library, changed } = await open({ folder: own.path });
  const before = library.get('porter');
  const created = changed();
  own.replace('porter.md', personaFile('title: Porter'));
  own.write('cook.md', personaFile('title: Cook'));
  await created;
  expect(library.get('porter')).toBe(before);
});

test('code is loaded again when it is saved, alone or with its persona, and is the same while it is not', async () => {
  const own = scratchFolder();
  const head = (title: string): string =>
    personaFile(`title: ${title}\ntools:\n  - name: count\n    description: Counts.`);
  const code = (step: number): string => `let n = 0;\nexport const count = () => (n += ${step});\n`;
  own.write('porter.md', head('Porter'));
  own.write('porter.tools.js', code(1));
  const { library, changed } = await open({ folder: own.path });
  const count = (): unknown =>
    library.get('porter')?.tools?.[0]?.run?.({}, { signal: new AbortController().signal });
  expect([count(), count()]).toEqual([1, 2]);

  const renamed = changed();
  own.write('porter.md', head('Night porter'));
  await renamed;
  expect(library.get('porter')?.card.title).toBe('Night porter');
  expect(count()).toBe(3);

  const recoded = changed();
  own.write('porter.tools.js', code(10));
  await recoded;
  expect([count(), count()]).toEqual([10, 20]);
});

test('code that breaks keeps the last good version; so does code that goes', async () => {
  const own = scratchFolder();
  own.write('porter.md', personaFile('title: Porter\ntools:\n  - name: ring\n    description: Rings.'));
  own.write('porter.tools.js', 'export const ring = () => "rung";\n');
  const { library, warned } = await open({ folder: own.path });
  const ring = (): unknown =>
    library.get('porter')?.tools?.[0]?.run?.({}, { signal: new AbortController().signal });
  const broken = warned();
  own.write('porter.tools.js', 'export const ring = 5;\n');
  expect(await broken).toContainEqual(expect.stringMatching(/porter\.tools\.js: ring: expected functions/));
  expect(ring()).toBe('rung');
  const gone = warned();
  own.remove('porter.tools.js');
  expect(await gone).toEqual([
    expect.stringMatching(/porter\.md:4: tools\[0\]: expected a frame, or a function ring/),
  ]);
  expect(ring()).toBe('rung');
});

test('a folder that is away for a while loses nothing', async () => {
  const own = scratchFolder();
  own.write('porter.md', personaFile('title: Porter'));
  const { library, changed, warned } = await open({
    folder: own.path,
    watching: { settleMs: 10, pollMs: 10 },
  });
  const away = warned();
  renameSync(own.path, `${own.path}-away`);
  expect(await away).toEqual([expect.stringMatching(/the folder cannot be read/)]);
  expect(names(library.all)).toContain('porter');
  const back = changed();
  renameSync(`${own.path}-away`, own.path);
  own.write('porter.md', personaFile('title: Porter is back'));
  await back;
  expect(library.get('porter')?.card.title).toBe('Porter is back');
});

test('one listener that throws keeps no other from hearing', async () => {
  const own = scratchFolder();
  const { library, changed } = await open({ folder: own.path });
  library.onChange(() => {
    throw new Error('mine');
  });
  const created = changed();
  own.write('cook.md', personaFile('title: Cook'));
  await created;
});

test('after its end it tells nothing, and keeps what it has', async () => {
  const own = scratchFolder();
  own.write('porter.md', personaFile('title: Porter'));
  const { library } = await open({ folder: own.path });
  let heard = 0;
  library.onChange(() => {
    heard += 1;
  });
  library.close();
  const other = await open({ folder: own.path });
  const seen = other.changed();
  own.write('porter.md', personaFile('title: Other'));
  await seen;
  expect(heard).toBe(0);
  expect(library.get('porter')?.card.title).toBe('Porter');
});

test('a default persona that is not there is told with those that are', async () => {
  await expect(open({ persona: 'pirate' })).rejects.toThrow(
    /^PERSONA=pirate: no such persona\. There are kind, wise;/,
  );
  await expect(open({ persona: '../kind' })).rejects.toThrow(/no such persona/);
});

test('a default persona whose file is broken or absent keeps the server from starting', async () => {
  const own = scratchFolder();
  own.write('kind.md', personaFile('titel: Kind'));
  await expect(open({ folder: own.path })).rejects.toThrow(/kind\.md:2: titel: expected/);
  await expect(open({ persona: own.file('kind.md') })).rejects.toThrow(/kind\.md:2: titel: expected/);
  await expect(open({ persona: own.file('none.md') })).rejects.toThrow(
    /PERSONA: there is no persona in .*none\.md$/,
  );
});

test('a folder that is not there keeps the server from starting, and the variable that names it is told', async () => {
  const own = scratchFolder();
  rmSync(own.path, { recursive: true });
  const words = `${own.path}: the folder cannot be read`;
  await expect(open({ folder: own.path })).rejects.toThrow(`PERSONAS_DIR: ${words}`);
  await expect(open({ persona: own.file('kind.md') })).rejects.toThrow(`PERSONA: ${words}`);
});

test('a file that cannot be read is reported once, and costs the others nothing', async () => {
  const own = scratchFolder();
  own.write('porter.md', personaFile('title: Porter'));
  own.makePipe('pipe.md');
  own.link('device.md', '/dev/zero');
  own.link('lost.md', own.file('pipe.md'));
  mkdirSync(own.file('folder.md'));
  own.write('large.md', personaFile('title: Large', 'x'.repeat(1024 * 1024)));
  const { library, changed, warnings } = await open({ folder: own.path });
  const reported = warnings.flat();
  const irregular = ['device', 'folder', 'lost', 'pipe'].map((name) => {
    const path = own.file(`${name}.md`);
    return `${path}: cannot be read (it is not a regular file; replace it by one, or remove it)`;
  });
  const large = `${own.file('large.md')}: cannot be read (it is larger than 1,048,576 bytes; shorten it)`;
  expect(reported.toSorted()).toEqual([...irregular, large].toSorted());
  for (const title of ['Night porter', 'Day porter']) {
    const saved = changed();
    own.write('porter.md', personaFile(`title: ${title}`));
    await saved;
    expect(library.get('porter')?.card.title).toBe(title);
  }
  expect(warnings.flat()).toEqual(reported);
});

test('code that cannot be read is a mistake of its persona, not absent code', async () => {
  const own = scratchFolder();
  const head = 'title: Porter\ntools:\n  - name: ring\n    description: Rings.\n    frame: rung';
  own.write('porter.md', personaFile(head));
  own.makePipe('porter.tools.js');
  const { library, changed, warnings } = await open({ folder: own.path });
  expect(warnings.flat()).toEqual([
    `${own.file('porter.tools.js')}: cannot be read (it is not a regular file; replace it by one, or remove it)`,
  ]);
  const mended = changed();
  own.replace('porter.tools.js', 'export const ring = () => "rung";');
  await mended;
  expect(library.get('porter')?.tools?.[0]?.run).toBeDefined();
});

test('code that never finishes loading keeps no other persona from being read again', async () => {
  const own = scratchFolder();
  const head = 'title: Porter\ntools:\n  - name: ring\n    description: Rings.';
  own.write('porter.md', personaFile(head));
  own.write('porter.tools.js', 'export const ring = () => "rung";');
  own.write('cook.md', personaFile('title: Cook'));
  const { library, changed, warned } = await open({ folder: own.path });
  const before = performance.now();
  const saved = changed();
  own.write('porter.tools.js', 'await new Promise(() => {});\nexport const ring = () => "rung";');
  own.write('cook.md', personaFile('title: Chef'));
  await saved;
  const again = changed();
  own.write('cook.md', personaFile('title: Head chef'));
  await again;
  expect(library.get('cook')?.card.title).toBe('Head chef');
  expect(performance.now() - before).toBeLessThan(4_000);
  expect(await warned()).toEqual([`${own.file('porter.tools.js')}: it has not loaded after 5000 ms`]);
  expect(library.get('porter')?.tools?.[0]?.run).toBeDefined();
});

test('of more personas than a folder may have, the first by name are offered, and that is reported once', async () => {
  const own = scratchFolder();
  for (let index = 0; index < 1_010; index += 1) {
    own.write(`p${String(index).padStart(4, '0')}.md`, personaFile(`title: P`));
  }
  const { library, changed, warnings } = await open({ folder: own.path });
  expect(warnings.flat()).toEqual([
    `${own.path}: has 1,010 personas; the first 1,000 by file name are read. Move the others to another folder`,
  ]);
  expect([library.get('p0999')?.card.name, library.get('p1000')]).toEqual(['p0999', undefined]);
  const saved = changed();
  own.write('p0999.md', personaFile(`title: Last`));
  await saved;
  expect(library.get('p0999')?.card.title).toBe('Last');
  expect(warnings).toHaveLength(1);
});
