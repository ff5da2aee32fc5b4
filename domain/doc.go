// Package domain holds the rules of a National Referral Mechanism for victims
// of trafficking in human beings: what may be recorded, who may record it, what
// follows from it and by when.
//
// It does no I/O, reads no clock and knows no language. Everything a rule needs
// is in the command, in the [Request] or in the history of the stream. Four
// kinds of stream share one mechanism ([Event], [Command], [Fold], [Execute]):
// a [Case] is one person in the mechanism, a [Facility] is one shelter or
// assistance centre, an [Action] is one action of the National Action Plan, a
// [Call] is one call to a hotline. A decision over several of them is a [Joint].
//
// Three codes for a person must never be confused: presumed ("zərər çəkməsi
// ehtimal olunan"), identified ("zərər çəkmiş") and at risk ("potensial
// qurban").
//
// # Terms
//
// Made from glossary.json; ¹ marks Azerbaijani words that no native reviewer has seen.
//
//   - trafficking in human beings: insan alveri
//   - forced labour: məcburi əmək
//   - exploitation: istismar
//   - sexual exploitation: cinsi istismar
//   - victim of trafficking (umbrella): insan alveri qurbanı
//   - identified (harmed) victim: insan alverindən zərər çəkmiş şəxs
//   - presumed victim: zərər çəkməsi ehtimal olunan şəxs
//   - potential victim, person at risk: potensial qurban
//   - child victim: zərər çəkmiş uşaq
//   - vulnerable groups: həssas əhali qrupları
//   - minor: yetkinlik yaşına çatmayan
//   - foreigner: əcnəbi
//   - stateless person: vətəndaşlığı olmayan şəxs
//   - migrant: miqrant
//   - close relative: yaxın qohum
//   - injured party (procedural victim): zərərçəkmiş (şəxs)
//   - witness: şahid¹
//   - National Referral Mechanism (NRM): Milli İstiqamətləndirmə Mexanizmi (MİM)
//   - referral: istiqamətləndirmə¹
//   - submission to the competent body: aidiyyəti üzrə təqdim edilmə
//   - handover: təhvil verilmə¹
//   - National Coordinator: Milli Koordinator
//   - Working Group: İşçi Qrup
//   - Interagency Commission: İdarələrarası Komissiya
//   - special police unit: xüsusi polis qurumu
//   - Main Department on Combating THB: İnsan Alverinə qarşı Mübarizə Baş İdarəsi¹
//   - duty officer: növbətçi əməkdaş¹
//   - hotline (152): "Qaynar xətt" telefon xidməti
//   - identification: müəyyən edilmə (müəyyənləşdirilmə)
//   - detection: aşkar edilmə
//   - identification indicators: müəyyən edilmə indikatorları
//   - initial assistance: ilkin yardım¹
//   - inquiry / interview: sorğu / müsahibə¹
//   - risk (risk assessment): risk (risklərin qiymətləndirilməsi)¹
//   - positive / negative decision: müsbət / mənfi qərar¹
//   - pending: baxılmaqdadır¹
//   - review / complaint: yenidən baxılma / şikayət¹
//   - recovery and reflection period: bərpa və fikirləşmə müddəti¹
//   - informed consent: məlumatlandırılmış razılıq¹
//   - withdrawal of consent: razılığın geri götürülməsi¹
//   - confidentiality: konfidensiallıq
//   - personal data: fərdi məlumatlar¹
//   - shelter: sığınacaq
//   - assistance centre: yardım mərkəzi
//   - admission / confirmation of admission: qurbanların qəbulu / qəbulun təsdiqi¹
//   - refusal of admission: qəbuldan imtina¹
//   - transfer: köçürülmə (başqa sığınacağa)¹
//   - departure: sığınacağı tərk etmə¹
//   - bed / capacity: çarpayı yeri / tutum¹
//   - occupancy: doluluq¹
//   - social rehabilitation: sosial reabilitasiya
//   - reintegration: reinteqrasiya¹
//   - individual social rehabilitation plan: fərdi sosial reabilitasiya planı¹
//   - legal aid: hüquqi yardım
//   - specialised medical care: ixtisaslı tibbi yardım
//   - inpatient / outpatient: stasionar / ambulator
//   - psychological help: psixoloji yardım¹
//   - vocational training, course: peşə hazırlığı, kurs
//   - employment: məşğulluq
//   - education: təhsil
//   - guardian / trustee (guardianship): qəyyum / himayəçi (qəyyumluq, himayə)¹
//   - legal representative: qanuni nümayəndə¹
//   - best interests of the child: uşağın ən yaxşı maraqları¹
//   - common standards of communication with children: uşaqlarla ünsiyyətin ümumi standartları
//   - child marriage: uşaq nikahı
//   - begging: dilənçilik
//   - protection measure: təhlükəsizliyin təmin edilməsi, müdafiə tədbiri¹
//   - state protection (of participants in proceedings): dövlət müdafiəsi
//   - criminal prosecution: cinayət təqibi
//   - criminal case: cinayət işi¹
//   - temporary residence permit: müvəqqəti yaşama icazəsi¹
//   - administrative expulsion: inzibati qaydada çıxarma¹
//   - repatriation: repatriasiya
//   - voluntary return: könüllü qayıdış¹
//   - return certificate: qayıdış şəhadətnaməsi
//   - border-crossing document: sərhədkeçmə sənədi
//   - diplomatic mission and consulate: diplomatik nümayəndəlik və konsulluq
//   - escort: müşayiət¹
//   - compensation: kompensasiya
//   - civil claim: mülki iddia¹
//   - one-off allowance: birdəfəlik müavinət¹
//   - Victim Assistance Fund: insan alveri qurbanlarına kömək Fondu
//   - payment: ödəniş¹
//   - return to family: ailəyə qaytarılma¹
//   - case closure / reopening: işin bağlanması / yenidən açılması¹
//   - re-trafficking: təkrar qurbana çevrilmə¹
//   - missing: itkin düşmüş¹
//   - National Action Plan: Milli Fəaliyyət Planı
//   - action (measure): tədbir
//   - executing body: icraçı orqan
//   - term of execution: icra müddəti
//   - ongoing (regular): mütəmadi
//   - on track: icradadır (qrafik üzrə)¹
//   - late: gecikir¹
//   - met: icra olunub¹
//   - no data: məlumat yoxdur¹
//   - indicator: göstərici¹
//   - target: hədəf¹
//   - single database: vahid məlumat bazası
//   - NGO: qeyri-hökumət təşkilatı (QHT)
//   - State Migration Service: Dövlət Miqrasiya Xidməti
//   - State Labour Inspectorate: Dövlət Əmək Müfəttişliyi Xidməti
//   - local executive authorities: yerli icra hakimiyyəti orqanları
//   - timeline / event log: zaman xətti / hadisə jurnalı¹
//   - access log (who viewed): baxış jurnalı (kim baxıb)¹
package domain
