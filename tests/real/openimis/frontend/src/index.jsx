// Puts openIMIS's front-end modules together and shows them.

import MomentUtils from "@date-io/moment";
import { MuiThemeProvider } from "@material-ui/core/styles";
import { MuiPickersUtilsProvider } from "@material-ui/pickers";
import { ThemeProvider } from "@material-ui/styles";
import { App } from "@openimis/fe-core";
import PropTypes from "prop-types";
import React from "react";
import ReactDOM from "react-dom";
import { Provider } from "react-redux";
import { applyMiddleware, combineReducers, createStore } from "redux";
import { createMiddleware } from "redux-api-middleware";
import thunk from "redux-thunk";
import messages from "./messages.json";
import { Modules } from "./modules";
import { theme } from "./theme";

const LOCALES = { getLocale: () => "en", getFileNameByLang: () => "en" };

/** The modules look for each other in React's first kind of context. */
class Context extends React.Component {
  static childContextTypes = { modulesManager: PropTypes.object };

  getChildContext() {
    return { modulesManager: this.props.modules };
  }

  render() {
    return this.props.children;
  }
}

async function configurations() {
  const query = '{ moduleConfigurations(layer: "fe") { module, config, controls { field, usage } } }';
  const reply = await fetch("/api/graphql", {
    method: "POST",
    credentials: "omit", // a sign-in that is no longer good would be refused
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ query }),
  });
  return (await reply.json()).data.moduleConfigurations;
}

async function show() {
  const modules = new Modules(await configurations());
  const reducers = Object.fromEntries(modules.getContribs("reducers").map(({ key, reducer }) => [key, reducer]));
  const store = createStore(
    combineReducers(reducers),
    applyMiddleware(thunk, createMiddleware(), ...modules.getContribs("middlewares"))
  );
  ReactDOM.render(
    <Provider store={store}>
      <MuiThemeProvider theme={theme}>
        <ThemeProvider theme={theme}>
          <MuiPickersUtilsProvider utils={MomentUtils}>
            <Context modules={modules}>
              <App basename="/front" localesManager={LOCALES} messages={messages} logo="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'/%3E" />
            </Context>
          </MuiPickersUtilsProvider>
        </ThemeProvider>
      </MuiThemeProvider>
    </Provider>,
    document.getElementById("root")
  );
}

show();
