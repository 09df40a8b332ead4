import { render } from 'preact';
import { App } from './app.js';
import './style.css';
import './print.css';

const root = document.getElementById('app');
if (root === null) throw new Error('the page has no element #app');
render(<App />, root);
