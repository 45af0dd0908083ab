import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.SingleValidationMessage;
import ca.uhn.fhir.validation.ValidationOptions;
import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedWriter;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.PrePopulatedValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.SnapshotGeneratingValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.UnknownCodeSystemWarningValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;
import org.hl7.fhir.instance.model.api.IBaseResource;

/**
 * What HL7's validation engine says of files, without a network. Arguments: a file of tasks, one JSON a line
 * ({"name", "path", "profiles"}), the folder of our definitions, the file for the verdicts (one JSON a line), and how
 * often everything is validated (the last time is measured; the runs before it warm the machine up).
 */
public final class Verdicts {
  record Task(String name, Path path, List<String> profiles) {}

  private Verdicts() {}

  public static void main(String[] arguments) throws Exception {
    List<Task> tasks = Files.readAllLines(Path.of(arguments[0])).stream().map(Verdicts::task).toList();
    FhirContext context = FhirContext.forR4();
    FhirValidator validator = validatorOf(context, Path.of(arguments[1]));
    int rounds = Integer.parseInt(arguments[3]);
    for (int round = 1; round <= rounds; round++) {
      long start = System.nanoTime();
      run(tasks, validator, Path.of(arguments[2]));
      double seconds = (System.nanoTime() - start) / 1e9;
      JsonObject summary = new JsonObject();
      summary.addProperty("resources", tasks.size());
      summary.addProperty("seconds", seconds);
      summary.addProperty("heapMiB", ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() >> 20);
      summary.addProperty("residentMiB", residentMiB());
      System.out.println(summary);
    }
  }

  private static Task task(String line) {
    JsonObject each = JsonParser.parseString(line).getAsJsonObject();
    List<String> profiles =
        each.has("profiles")
            ? each.getAsJsonArray("profiles").asList().stream().map(one -> one.getAsString()).toList()
            : List.of();
    return new Task(each.get("name").getAsString(), Path.of(each.get("path").getAsString()), profiles);
  }

  private static FhirValidator validatorOf(FhirContext context, Path definitions) throws Exception {
    PrePopulatedValidationSupport ours = new PrePopulatedValidationSupport(context);
    try (Stream<Path> files = Files.list(definitions)) {
      for (Path file : files.filter(each -> each.toString().endsWith(".json")).sorted().toList()) {
        IBaseResource resource = context.newJsonParser().parseResource(Files.readString(file));
        ours.addResource(resource);
      }
    }
    return validatorOf(context, ours);
  }

  static FhirValidator validatorOf(FhirContext context, PrePopulatedValidationSupport ours) {
    UnknownCodeSystemWarningValidationSupport unknown = new UnknownCodeSystemWarningValidationSupport(context);
    unknown.setNonExistentCodeSystemSeverity(
        ca.uhn.fhir.context.support.IValidationSupport.IssueSeverity.WARNING);
    ValidationSupportChain chain =
        new ValidationSupportChain(
            ours,
            new DefaultProfileValidationSupport(context),
            new CommonCodeSystemsTerminologyService(context),
            new InMemoryTerminologyServerValidationSupport(context),
            new SnapshotGeneratingValidationSupport(context),
            unknown);
    FhirInstanceValidator module = new FhirInstanceValidator(chain);
    module.setAnyExtensionsAllowed(true);
    module.setErrorForUnknownProfiles(false);
    module.setNoExtensibleWarnings(false);
    module.setBestPracticeWarningLevel(org.hl7.fhir.r5.utils.validation.constants.BestPracticeWarningLevel.Ignore);
    module.setAssumeValidRestReferences(true);
    return context.newValidator().registerValidatorModule(module);
  }

  private static void run(List<Task> tasks, FhirValidator validator, Path out) throws Exception {
    Gson gson = new com.google.gson.GsonBuilder().disableHtmlEscaping().create();
    try (BufferedWriter writer = Files.newBufferedWriter(out)) {
      for (Task task : tasks) {
        JsonObject verdict = new JsonObject();
        verdict.addProperty("name", task.name());
        long start = System.nanoTime();
        verdict.add("issues", issuesOf(task, validator));
        verdict.addProperty("ms", (System.nanoTime() - start) / 1_000_000);
        writer.write(gson.toJson(verdict));
        writer.newLine();
      }
    }
  }

  private static JsonArray issuesOf(Task task, FhirValidator validator) throws Exception {
    return issuesOf(Files.readString(task.path()), task.profiles(), validator);
  }

  static JsonArray issuesOf(String text, List<String> profiles, FhirValidator validator) {
    ValidationOptions options = new ValidationOptions();
    profiles.forEach(options::addProfile);
    JsonArray issues = new JsonArray();
    try {
      for (SingleValidationMessage each :
          validator.validateWithResult(text, options).getMessages()) {
        JsonObject issue = new JsonObject();
        issue.addProperty("severity", each.getSeverity().getCode());
        issue.addProperty("at", Objects.requireNonNullElse(each.getLocationString(), ""));
        issue.addProperty("id", Objects.requireNonNullElse(each.getMessageId(), ""));
        issue.addProperty("text", each.getMessage());
        issue.addProperty("line", each.getLocationLine());
        issue.addProperty("column", each.getLocationCol());
        issues.add(issue);
      }
    } catch (RuntimeException failure) {
      JsonObject issue = new JsonObject();
      issue.addProperty("severity", "fatal");
      issue.addProperty("at", "");
      issue.addProperty("id", "failed");
      issue.addProperty("text", String.valueOf(failure.getMessage()));
      issues.add(issue);
    }
    return issues;
  }

  /** What the process holds in memory, as Linux counts it. */
  private static long residentMiB() throws Exception {
    for (String line : Files.readAllLines(Path.of("/proc/self/status")))
      if (line.startsWith("VmRSS:")) return Long.parseLong(line.replaceAll("\\D", "")) >> 10;
    return 0;
  }
}
