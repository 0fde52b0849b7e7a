package org.novation.node;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.core.Version;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.cfg.MapperConfig;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.AnnotatedClass;
import com.fasterxml.jackson.databind.introspect.NopAnnotationIntrospector;
import com.fasterxml.jackson.databind.jsontype.NamedType;
import com.fasterxml.jackson.databind.jsontype.TypeResolverBuilder;
import com.fasterxml.jackson.databind.jsontype.impl.StdTypeResolverBuilder;
import com.fasterxml.jackson.databind.module.SimpleModule;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Lets Jackson carry our sealed interfaces between nodes: a value is written with the simple name
 * of its record, and only permitted records are read back. So that rooms of the trade need no
 * annotations. Pekko makes it by its name in {@code application.conf}. Never used for what is
 * stored.
 */
public final class SealedTypesModule extends SimpleModule {
  private static final long serialVersionUID = 1;

  public SealedTypesModule() {
    super("novation-sealed-types", Version.unknownVersion());
  }

  @Override
  public void setupModule(SetupContext context) {
    super.setupModule(context);
    context.insertAnnotationIntrospector(new SealedTypes());
  }

  private static final class SealedTypes extends NopAnnotationIntrospector {
    private static final long serialVersionUID = 1;

    @Override
    public @Nullable TypeResolverBuilder<?> findTypeResolver(
        MapperConfig<?> config, AnnotatedClass annotated, JavaType baseType) {
      if (!isOurs(annotated.getRawType())) return null;
      return new StdTypeResolverBuilder()
          .init(JsonTypeInfo.Id.NAME, null)
          .inclusion(JsonTypeInfo.As.PROPERTY)
          .typeProperty("is");
    }

    @Override
    public @Nullable List<NamedType> findSubtypes(Annotated annotated) {
      if (!isOurs(annotated.getRawType())) return null;
      List<NamedType> subtypes = new ArrayList<>();
      addRecords(annotated.getRawType(), subtypes);
      return subtypes;
    }

    private static void addRecords(Class<?> type, List<NamedType> into) {
      for (Class<?> permitted : type.getPermittedSubclasses()) {
        if (permitted.isSealed()) addRecords(permitted, into);
        else into.add(new NamedType(permitted, permitted.getSimpleName()));
      }
    }

    private static boolean isOurs(Class<?> type) {
      return type.isSealed() && type.isInterface() && type.getName().startsWith("org.novation.");
    }
  }
}
