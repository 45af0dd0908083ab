import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.validation.FhirValidator;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import java.io.BufferedWriter;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.hl7.fhir.common.hapi.validation.support.PrePopulatedValidationSupport;
import org.hl7.fhir.utilities.npm.NpmPackage;

/**
 * HL7's engine loads an npm-style FHIR package, and says what it thinks of each resource in it, by the package itself. Arguments:
 * the package, the file for the verdicts (one JSON a line).
 */
public final class PackageCheck {
  private PackageCheck() {}

  public static void main(String[] arguments) throws Exception {
    NpmPackage loaded;
    try (InputStream bytes = Files.newInputStream(Path.of(arguments[0]))) {
      loaded = NpmPackage.fromPackage(bytes);
    }
    System.out.println(loaded.name() + "#" + loaded.version() + " for FHIR " + loaded.fhirVersion());
    FhirContext context = FhirContext.forR4();
    PrePopulatedValidationSupport ours = new PrePopulatedValidationSupport(context);
    Map<String, String> texts = new TreeMap<>();
    for (String folder : List.of("package", "example"))
      for (String name : loaded.list(folder)) {
        if (!name.endsWith(".json") || name.equals("package.json") || name.startsWith(".")) continue;
        String text = new String(loaded.load(folder, name).readAllBytes(), StandardCharsets.UTF_8);
        texts.put(folder + "/" + name, text);
        if (folder.equals("package")) ours.addResource(context.newJsonParser().parseResource(text));
      }
    FhirValidator validator = Verdicts.validatorOf(context, ours);
    Gson gson = new GsonBuilder().disableHtmlEscaping().create();
    try (BufferedWriter writer = Files.newBufferedWriter(Path.of(arguments[1]))) {
      for (Map.Entry<String, String> each : texts.entrySet()) {
        JsonObject verdict = new JsonObject();
        verdict.addProperty("name", each.getKey());
        verdict.add("issues", Verdicts.issuesOf(each.getValue(), List.of(), validator));
        writer.write(gson.toJson(verdict));
        writer.newLine();
      }
    }
    System.out.println(texts.size() + " resources");
  }
}
