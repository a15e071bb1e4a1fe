/** Puts the page into its document. */
import { render } from 'preact';
import { App } from './view/app.tsx';
import { ignoreHeldEnter } from './view/held-keys.ts';

ignoreHeldEnter();
render(<App />, document.body);
