/** What is said of what is written, case by case. All of it holds however the text is cut. */

export const speechCases: Record<string, readonly (readonly [written: string, said: string])[]> = {
  'marks that stress a word are not said': [
    ['This is **bold**, *slanted*, __strong__ and _soft_.', 'This is bold, slanted, strong and soft.'],
    ['***Now!*** and **_both_** and _**both**_.', 'Now! and both and both.'],
    ['Press (**1**), say "**two**", *or* **three**!', 'Press (1), say "two", or three!'],
    ['**Dose: 5**, then **10**.', 'Dose: 5, then 10.'],
    ['Un**believ**able', 'Unbelievable'],
    ['这是**很重要**的，*真的*。', '这是很重要的，真的。'],
    ['**Compute 5*3 now**', 'Compute 5*3 now'],
    ['~~old~~ new', 'old new'],
    ['**never closed', 'never closed'],
  ],
  'stars, underscores and signs that mean something stay': [
    ['2 * 3 = 6 and 5*3*2 and x**2 + 2**10', '2 * 3 = 6 and 5*3*2 and x**2 + 2**10'],
    ['sin(x)*cos(x) and (a+b)**2', 'sin(x)*cos(x) and (a+b)**2'],
    ['snake_case and a_b and MAX_VALUE_1', 'snake_case and a_b and MAX_VALUE_1'],
    ['C# is #1, A* finds it', 'C# is #1, A* finds it'],
    ['about ~5 kg, R&B, x<y, <5 mg, 3 > 2, a | b', 'about ~5 kg, R&B, x<y, <5 mg, 3 > 2, a, b'],
    ['P(A|B) and list[i] cost $5 or US$6', 'P(A|B) and list[i] cost $5 or US$6'],
    [String.raw`\*not bold\* and C:\Users`, String.raw`*not bold* and C:\Users`],
  ],
  'numbers, units, ranges and abbreviations stay as they were written': [
    [
      '1-2 tablets of 37.5 °C at 10 %, e.g. by Dr. Smith',
      '1-2 tablets of 37.5 °C at 10 %, e.g. by Dr. Smith',
    ],
    ['3. May at 9:30 a.m., 1,5 l, €5.00, 1/2, −4', '3. May at 9:30 a.m., 1,5 l, €5.00, 1/2, −4'],
    ['-5 °C\n+49 30 123\n>38 °C', '-5 °C\n+49 30 123\n>38 °C'],
    ["It's 5 o'clock—really – yes…", "It's 5 o'clock—really – yes…"],
  ],
  'headings, items and rows end like sentences': [
    ['# Title\n\n## Next ##\nText', 'Title.\nNext.\nText'],
    ['Things:\n- one\n* two\n+ three\n• four\n\nEnd', 'Things:\none.\ntwo.\nthree.\nfour.\nEnd'],
    ['1. one\n2. two!\n10) ten\n\nEnd', '1. one.\n2. two!\n10) ten.\nEnd'],
    ['- a\n  - b\n    - [x] c\n    - [ ] d\n', 'a.\nb.\nc.\nd'],
    ['| A | B |\n|---|:-:|\n| 1 | -2 |\n\nok', 'A, B.\n1, -2.\nok'],
    ['| Dose |\n|-|\n| a<br>b |', 'Dose.\na, b'],
    ['**Title**\n\nText\n***\nMore', 'Title.\nText.\nMore'],
    ['Title\n===\nText', 'Title.\nText'],
    ['> said\n> > twice', 'said\ntwice'],
    ['## 头痛\n- 喝水\n', '头痛。\n喝水'],
    ['✅ one\n❌ two\n1️⃣ three\n2️⃣ four', 'one.\ntwo.\n1 three.\n2 four'],
  ],
  'a line that only breaks stays a line': [
    ['Anna Smith\nMain St. 5', 'Anna Smith\nMain St. 5'],
    ['a  \nb\\\nc<br/>d\r\ne', 'a\nb\nc\nd\ne'],
  ],
  'links and images are said by their text': [
    ['See [the NHS](https://nhs.uk/a_(b) "T") now', 'See the NHS now'],
    ['[![logo](a.png)](b)!', 'logo!'],
    ['A ![photo of a rash](x.png). Wow!', 'A photo of a rash. Wow!'],
    ['See [the note][1] and [maybe].', 'See the note and maybe.'],
    ['Proven[^1] and [^note] too.', 'Proven and too.'],
  ],
  'emoji are not said, and leave neither gaps nor glued words': [
    ['Hi 👋! Good🎉job 👩‍⚕️ ok ❤️ 👍🏽.', 'Hi! Good job ok.'],
    ['🇩🇪🏴󠁧󠁢󠁥󠁮󠁧󠁿 Flags ☎️ ⚠️', 'Flags'],
    ['#️⃣ *️⃣ 5️⃣ of ©, ® and ™', '5 of ©, ® and ™'],
    ['क्‍ष stays', 'क्‍ष stays'],
    ['🙂', ''],
  ],
  'code within a sentence is said, a block of code is not': [
    ['Run `npm *i* _x_` and ``a ` b``.', 'Run npm *i* _x_ and a b.'],
    ['So:\n```python\nprint(1) # **x**\n```\nDone', 'So:\nDone'],
    ['~~~js\nx\n~~~\nDone', 'Done'],
    ['1. Run:\n   ```sh\n   ls\n   ```\n2. Done', '1. Run:\n2. Done'],
    ['```\nDear **Anna**,\n```\nDone', 'Dear Anna,\nDone'],
    ['```c\nnever closed', ''],
    ['it`s\n**ok**', 'its\nok'],
  ],
  'HTML is not said': [
    ['H<sub>2</sub>O <b>is</b> <!-- so --> <p align="center">wet</p>', 'H2O is.\nwet'],
    ['a<br>b<hr>c', 'a\nb.\nc'],
  ],
  'formulas keep their words': [['\\[ x = 4 \\] as \\( y \\) and $$z$$.', 'x = 4 as y and z.']],
  'white space is never doubled': [['a   b \t c\n\n\n\nd', 'a b c.\nd']],
};

/** These hold where a mark lies within two neighbouring chunks. */
export const shortMarkCases: readonly (readonly [written: string, said: string])[] = [
  ['See https://www.nhs.uk/conditions/fever?x=1. Or www.who.int/a, ok', 'See nhs.uk. Or who.int, ok'],
  ['(see https://en.wikipedia.org/wiki/A_(b)) and **https://a.de/b_c**', '(see en.wikipedia.org) and a.de'],
  ['<https://x.org/y> or me@example.org', 'x.org or me@example.org'],
  ['[https://a.org/b](https://a.org/b)', 'a.org'],
  ['how html works: who has what', 'how html works: who has what'],
  ['Proven [1] and [12], [1, 3] and [2-4].', 'Proven and, and.'],
  ['1% of it)**\n', '1% of it)'],
  ['Q&amp;A &lt;3&nbsp;x', 'Q&A <3 x'],
  ['a ** b', 'a ** b'],
  ['if a <b and c> d, then <p is less', 'if a <b and c> d, then <p is less'],
];
