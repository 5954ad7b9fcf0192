// The openIMIS modules of this front end, and what each is given to find in the others.

import { AdminModule } from "@openimis/fe-admin";
import { ClaimModule } from "@openimis/fe-claim";
import { ContributionModule } from "@openimis/fe-contribution";
import { CoreModule } from "@openimis/fe-core";
import { HomeModule } from "@openimis/fe-home";
import { InsureeModule } from "@openimis/fe-insuree";
import { LocationModule } from "@openimis/fe-location";
import { MedicalModule } from "@openimis/fe-medical";
import { MedicalPriceListModule } from "@openimis/fe-medical_pricelist";
import { PayerModule } from "@openimis/fe-payer";
import { PolicyModule } from "@openimis/fe-policy";
import { ProductModule } from "@openimis/fe-product";
import { ProfileModule } from "@openimis/fe-profile";
import { ToolsModule } from "@openimis/fe-tools";

const MAKERS = {
  "fe-core": CoreModule,
  "fe-home": HomeModule,
  "fe-location": LocationModule,
  "fe-medical": MedicalModule,
  "fe-medical_pricelist": MedicalPriceListModule,
  "fe-product": ProductModule,
  "fe-insuree": InsureeModule,
  "fe-policy": PolicyModule,
  "fe-payer": PayerModule,
  "fe-contribution": ContributionModule,
  "fe-claim": ClaimModule,
  "fe-admin": AdminModule,
  "fe-tools": ToolsModule,
  "fe-profile": ProfileModule,
};

/** Answers every module's questions about the others and about the payer's settings. */
export class Modules {
  /** `configurations` are the rows of the server's `moduleConfigurations`. */
  constructor(configurations) {
    this.settings = {};
    this.controls = {};
    for (const { module, config, controls } of configurations) {
      this.settings[module] = JSON.parse(config);
      this.controls[module] = Object.fromEntries((controls ?? []).map(({ field, usage }) => [field, usage]));
    }
    this.contributed = Object.values(MAKERS).map((make) => make(this.settings));
    this.refs = new Map(this.getContribs("refs").map(({ key, ref }) => [key, ref]));
  }

  getContribs(key) {
    return this.contributed.flatMap((one) => one[key] ?? []);
  }

  getRef(key) {
    return this.refs.get(key);
  }

  getProjection(key) {
    const fields = this.getRef(key);
    return fields ? `{${fields.join(",")}}` : "";
  }

  getConf(module, key, otherwise = null) {
    return this.settings[module]?.[key] ?? otherwise;
  }

  getReport(key) {
    return this.getContribs("reports").find((report) => report.key === key);
  }

  hideField(module, key) {
    return this.controls[module]?.[key] === "H";
  }

  getMenuEntries() {
    return [];
  }

  getModulesVersions() {
    return Object.keys(MAKERS);
  }

  getOpenIMISVersion() {
    return "";
  }
}
